// The account of a run, computed from the databases and the gateway's ledger alone: what became of every event, order, unit of
// stock and rupee. It can be taken again later, by `holdfast demo --check DIR`.
#pragma once
#include <holdfast/decimal.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "demo/system.hpp"
#include "holdfast/event.hpp"

namespace holdfast::demo {

/// What was done to the system; kept beside the databases, so that the account can be taken again.
struct Deeds {
  std::int64_t orders = 0;  // placed over HTTP
  std::map<std::string, std::int64_t> stock;  // by product: on hand before the first order
  std::vector<EventId> twice, poison;  // event ids
  std::vector<std::int64_t> overtaken;  // orders whose cancellation came first
  std::int64_t killed_in_flight = 0;  // events handed to inventory when it was killed, not yet acked
  double back_after = 0, away = 0, caught_up_after = 0, settled_after = 0;  // seconds
};
Deeds load_deeds(const Layout& layout);
void save_deeds(const Layout& layout, const Deeds& deeds);

struct ConsumerAccount {
  std::string name;
  std::int64_t published = 0, handled = 0, retry = 0, blocked = 0, dead = 0, lost = 0;
};

struct Account {
  std::int64_t placed = 0, confirmed = 0, cancelled = 0, no_stock = 0, declined = 0, open = 0;
  std::int64_t pending = 0;  // events that wait in an outbox
  std::int64_t duplicates_absorbed = 0, poison_dead = 0, tombstones = 0, attempts_by_outage = 0, gateway_retries = 0;
  std::vector<std::string> stock_wrong;  // products whose stock is not what confirmed orders say
  Money kept, owed;  // at the gateway; by confirmed orders
  std::vector<ConsumerAccount> consumers;

  bool settled() const;  // nothing is on its way
  bool nothing_lost() const;  // and all of it is right
};
Account take_account(const Layout& layout, const Deeds& deeds);

}  // namespace holdfast::demo
