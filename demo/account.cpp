#include "demo/account.hpp"

#include <algorithm>
#include <fstream>
#include <holdfast/connect.hpp>
#include <holdfast/contract.hpp>
#include <limits>
#include <sstream>

#include "ports/store_base.hpp"

namespace holdfast::demo {
namespace {

struct Line {
  std::int64_t productId = 0, qty = 0;
};

ports::Selection everything() {
  ports::Selection all;
  all.limit = std::numeric_limits<int>::max();
  return all;
}

/// Ids of the events that a producer sent, or has still to send, to whoever follows these types.
std::set<EventId> published(const Store& producer, const std::string& types) {
  const auto admin = producer.impl()->admin();
  std::set<EventId> ids;
  for (const auto& views : {admin->published(everything()), admin->pending(everything())})
    for (const auto& v : views)
      if (v.row.event.destination.empty() && v.row.event.type.starts_with(types) &&
          !v.row.event.type.starts_with("order.confirmed."))
        ids.insert(v.row.event.id);
  return ids;
}

std::map<EventId, ports::InboxRow> known(const Store& store, const std::string& consumer,
                                         const std::set<EventId>& ids) {
  return store.impl()->inbox(consumer)->begin()->look(ids);
}

ConsumerAccount account_of(const Store& store, const std::string& consumer, const std::set<EventId>& ids) {
  ConsumerAccount a{consumer, static_cast<std::int64_t>(ids.size())};
  const auto rows = known(store, consumer, ids);
  for (const auto& id : ids) {
    const auto row = rows.find(id);
    if (row == rows.end()) ++a.lost;
    else if (row->second.state == ports::State::handled) ++a.handled;
    else if (row->second.state == ports::State::dead) ++a.dead;
    else if (row->second.state == ports::State::retrying) ++a.retry;
  }
  for (const auto& counts : store.impl()->admin()->status().consumers)
    if (counts.consumer == consumer) a.retry += counts.retry, a.blocked = counts.blocked;
  return a;
}

/// Copies of known events that left nothing behind: one inbox row each, handled.
std::int64_t absorbed(const Store& store, const std::string& consumer, const std::vector<EventId>& twice) {
  std::int64_t n = 0;
  for (const auto& [id, row] : known(store, consumer, {twice.begin(), twice.end()}))
    n += row.state == ports::State::handled;
  return n;
}

struct Orders {
  Money confirmed;
  std::map<std::string, std::int64_t> taken;  // by product, of confirmed orders
};

Orders count_orders(const Store& store, Account& a) {
  Orders sum;
  Store(store).transact([&](Transaction& tx) {
    for (const auto& [status, reason, amount, items] :
         tx.query<std::string, std::optional<std::string>, Money, std::string>(
             "SELECT status, reason, total_amount, items FROM orders")) {
      ++a.placed;
      if (status == "pending") ++a.open;
      if (status == "cancelled") ++a.cancelled, ++(reason.value_or("").starts_with("stock") ? a.no_stock : a.declined);
      if (status != "confirmed") continue;
      ++a.confirmed, sum.confirmed += amount;
      for (const auto& line : Codec<std::vector<Line>>::decode(items))
        sum.taken[std::to_string(line.productId)] += line.qty;
    }
  });
  return sum;
}

std::vector<std::string> wrong_stock(const Store& inventory, const Deeds& deeds, Orders orders) {
  std::vector<std::string> wrong;
  Store(inventory).transact([&](Transaction& tx) {
    for (const auto& [product, before] : deeds.stock) {
      const auto now =
          tx.query<std::int64_t>("SELECT on_hand FROM stock WHERE product_id = $1", std::stoll(product)).one_or_none();
      if (now == before - orders.taken[product]) continue;
      wrong.push_back("product " + product + ": " + (now ? std::to_string(*now) : "no row") +
                      " on hand, confirmed orders say " + std::to_string(before - orders.taken[product]));
    }
  });
  return wrong;
}

void count_money(const Layout& layout, Account& a) {
  auto ledger = open_store(layout.url(layout.ledger()));
  ledger.transact([&](Transaction& tx) {
    a.kept = Money();
    for (const auto& amount : tx.query<Money>("SELECT amount FROM ledger WHERE outcome = 'charged' AND refunded = 0"))
      a.kept += amount;
    a.gateway_retries = tx.query<std::int64_t>("SELECT coalesce(sum(tries - 1), 0) FROM tries").one();
  });
}

std::int64_t count(const Store& store, const std::string& sql, const std::vector<std::int64_t>& ids) {
  return Store(store).transact([&](Transaction& tx) { return tx.query<std::int64_t>(sql, ids).one(); });
}

}  // namespace

Deeds load_deeds(const Layout& layout) {
  std::ifstream file(layout.deeds());
  if (!file) throw Invalid(layout.deeds(), "is not there: this is no folder that `holdfast demo --keep` left");
  std::stringstream text;
  text << file.rdbuf();
  return Codec<Deeds>::decode(text.str());
}

void save_deeds(const Layout& layout, const Deeds& deeds) {
  std::ofstream(layout.deeds()) << Codec<Deeds>::encode(deeds) << "\n";
}

bool Account::settled() const {
  return open == 0 && pending == 0 && std::all_of(consumers.begin(), consumers.end(), [](const auto& c) {
           return c.retry == 0 && c.blocked == 0 && c.lost == 0;
         });
}

bool Account::nothing_lost() const { return settled() && stock_wrong.empty() && kept == owed; }

Account take_account(const Layout& layout, const Deeds& deeds) {
  std::array<std::optional<Store>, 3> stores;
  for (const Part part : parts) stores[static_cast<std::size_t>(part)] = open_store(layout.url(layout.database(part)));
  const auto &order = *stores[0], &inventory = *stores[1], &payment = *stores[2];
  Account a;
  auto from_order = published(order, "order."), outcomes = published(inventory, "stock.");
  outcomes.merge(published(payment, "payment."));
  from_order.insert(deeds.poison.begin(), deeds.poison.end());
  a.consumers = {account_of(inventory, "inventory", from_order), account_of(payment, "payment", from_order),
                 account_of(order, "order", outcomes)};
  for (const auto& store : stores) a.pending += store->impl()->admin()->status().pending;
  for (const auto& view : order.impl()->admin()->published(everything())) a.attempts_by_outage += view.row.attempts;
  a.duplicates_absorbed = absorbed(inventory, "inventory", deeds.twice) + absorbed(payment, "payment", deeds.twice);
  a.poison_dead = a.consumers[0].dead + a.consumers[1].dead;
  a.tombstones = count(
      inventory,
      "SELECT count(*) FROM reservations WHERE state = 'cancelled' AND order_id IN (SELECT value FROM json_each($1))",
      deeds.overtaken);
  const Orders orders = count_orders(order, a);
  a.stock_wrong = wrong_stock(inventory, deeds, orders);
  a.owed = orders.confirmed;
  count_money(layout, a);
  return a;
}

}  // namespace holdfast::demo
