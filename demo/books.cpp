#include "demo/books.hpp"

#include <holdfast/contract.hpp>

#include "connect/connect.hpp"
#include "ports/store_base.hpp"

namespace holdfast::demo {
namespace {

using Number = std::int64_t;
using Text = std::optional<std::string>;

struct Line {
  Number productId = 0, qty = 0;
};

/// Everything in it as it is at one moment.
template <class Body>
void look(const std::string& url, Body body) {
  const auto store = connect::open_store(url, {.connections = 1, .access = connect::Access::look});
  Transaction tx = store.impl()->begin_read();
  body(tx);
}

std::string table(const Transaction& tx, const std::string& name) {
  return (tx.dialect() == Dialect::postgres ? "holdfast." : "holdfast_") + name;
}

void read_outbox(Transaction& tx, Part part, Books& books) {
  for (const std::string name : {"outbox", "outbox_published"}) {
    const std::string destination = name == "outbox" ? "destination" : "NULL";
    for (const auto& [id, type, key, attempts, to] : tx.query<EventId, std::string, Text, Number, Text>(
             "SELECT id, type, key, attempts, " + destination + " FROM " + table(tx, name) + " ORDER BY seq")) {
      books.attempts += attempts;
      if (!to) books.sent[part].push_back({id, type, key.value_or(""), attempts});
    }
  }
  books.pending += tx.query<Number>("SELECT count(*) FROM " + table(tx, "outbox")).one();
}

void read_inbox(Transaction& tx, Part part, Books& books) {
  auto& received = books.received[part];
  received.consumer = name_of(part);
  const auto states = [&](const std::string& name, std::map<EventId, std::string>& into) {
    for (const auto& [id, state] : tx.query<EventId, std::string>(
             "SELECT event_id, state FROM " + table(tx, name) + " WHERE consumer = $1", received.consumer))
      into[id] = state;
  };
  states("inbox", received.inbox), states("deferred", received.deferred);
}

void add_lines(const std::string& items, std::map<std::string, Number>& by_product) {
  for (const auto& line : Codec<std::vector<Line>>::decode(items))
    by_product[std::to_string(line.productId)] += line.qty;
}

void read_orders(Transaction& tx, Books& books) {
  for (const auto& [id, status, reason, amount, items] : tx.query<Number, std::string, Text, Money, std::string>(
           "SELECT id, status, reason, total_amount, items FROM orders"))
    add_lines(items, (books.orders[id] = {status, reason.value_or(""), amount, {}}).items);
}

void read_inventory(Transaction& tx, Books& books) {
  for (const auto& [product, on_hand] : tx.query<Number, Number>("SELECT product_id, on_hand FROM stock"))
    books.stock[std::to_string(product)] = on_hand;
  for (const auto& [order, state, items] :
       tx.query<Number, std::string, std::string>("SELECT order_id, state, items FROM reservations")) {
    books.reservations[order] = state;
    if (state == "reserved") add_lines(items, books.reserved);
  }
}

void read_payments(Transaction& tx, Books& books) {
  for (const auto& [order, status, amount] :
       tx.query<Number, std::string, Money>("SELECT order_id, status, amount FROM payments"))
    books.payments[order] = {status, amount};
}

void read_ledger(Transaction& tx, Books& books) {
  for (const auto& [order, amount, outcome, refunded] :
       tx.query<Number, Money, std::string, bool>("SELECT order_id, amount, outcome, refunded FROM ledger"))
    books.ledger.push_back({order, amount, outcome, refunded});
  std::tie(books.tried_charges, books.gateway_tries, books.charged_in_the_end) =
      tx.query<Number, Number, Number>(
            "SELECT count(*), coalesce(sum(tries), 0), count(l.key) FROM tries t"
            " LEFT JOIN ledger l ON l.key = t.key AND l.outcome = 'charged'")
          .one();
}

}  // namespace

Books read_books(const Layout& layout) {
  Books books;
  for (const Part part : parts)
    look(layout.database(part), [&](Transaction& tx) {
      read_outbox(tx, part, books), read_inbox(tx, part, books);
      if (part == Part::order) read_orders(tx, books);
      if (part == Part::inventory) read_inventory(tx, books);
      if (part == Part::payment) read_payments(tx, books);
    });
  look("sqlite:" + layout.ledger(), [&](Transaction& tx) { read_ledger(tx, books); });
  return books;
}

}  // namespace holdfast::demo
