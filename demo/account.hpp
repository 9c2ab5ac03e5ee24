// The account of a run, computed from the databases and the gateway's ledger: what became of every event, order, unit of stock and
// rupee. It can be taken again later, by `holdfast demo --check DIR`.
#pragma once
#include "demo/books.hpp"
#include "demo/deeds.hpp"

namespace holdfast::demo {

struct ConsumerAccount {
  std::string name;
  std::int64_t published = 0, handled = 0, retry = 0, blocked = 0, dead = 0, lost = 0;
};

struct Account {
  std::int64_t placed = 0, confirmed = 0, cancelled = 0, no_stock = 0, declined = 0, open = 0;
  std::int64_t pending = 0;  // events that wait in an outbox
  std::int64_t poison_dead = 0, others_dead = 0, tombstones = 0, attempts = 0;
  std::int64_t returned = 0;  // events for which there was no binding for a while
  std::int64_t applied_twice =
      0;  // units of stock, charges and outcomes beyond what the orders account for, or short of it
  std::int64_t gateway_retries = 0, tried_charges = 0, charged_in_the_end = 0;
  std::vector<std::string> stock_wrong;  // products whose stock is not what confirmed orders say
  std::vector<std::string> wrong;  // all else that is missing, too much or not as it must be, each by its name
  Money kept, owed;  // at the gateway; by confirmed orders
  std::vector<ConsumerAccount> consumers;

  bool settled() const;  // nothing is on its way
  bool nothing_lost() const;  // and all of it is right
};
Account judge(const Books& books, const Deeds& deeds);
inline Account take_account(const Layout& layout, const Deeds& deeds) { return judge(read_books(layout), deeds); }

}  // namespace holdfast::demo
