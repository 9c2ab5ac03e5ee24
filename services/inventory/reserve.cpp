#include "inventory/reserve.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "contracts/order_cancelled.hpp"
#include "contracts/order_created.hpp"
#include "contracts/stock_rejected.hpp"
#include "contracts/stock_reserved.hpp"

namespace shop::inventory {
namespace {

using holdfast::Context;
using Created = std::span<const holdfast::Received<OrderCreated>>;
using Quantities = std::map<std::int64_t, std::int64_t>;  // by product

constexpr std::int64_t most_of_a_line = 1'000'000;  // a foreign program may publish anything

Quantities wanted(const OrderCreated& order) {
  Quantities sum;
  for (std::size_t i = 0; i < order.items.size(); ++i) {
    const auto& line = order.items[i];
    if (line.qty <= 0 || line.qty > most_of_a_line)
      throw holdfast::Reject("/payload/items/" + std::to_string(i) + "/qty: order " + std::to_string(order.orderId) +
                             " wants " + std::to_string(line.qty) + " of product " + std::to_string(line.productId) +
                             ": a quantity is 1 to 1000000");
    sum[line.productId] += line.qty;
  }
  return sum;
}

/// The same in both tongues: a list of numbers is an array in PostgreSQL and JSON in SQLite. Where several handlers work at a time, rows of stock
/// are locked in the order of their numbers.
struct Statement {
  const char* sqlite;
  const char* postgres;
  const char* of(Context& ctx) const { return ctx.tx().dialect() == holdfast::Dialect::sqlite ? sqlite : postgres; }
};

constexpr Statement select_orders{
    "SELECT order_id FROM reservations WHERE order_id IN (SELECT value FROM json_each($1))",
    "SELECT order_id FROM unnest($1::bigint[]) AS wanted(order_id) JOIN reservations USING (order_id)"};
constexpr Statement select_stock{
    "SELECT product_id, on_hand FROM stock WHERE product_id IN (SELECT value FROM json_each($1))",
    "SELECT product_id, on_hand FROM unnest($1::bigint[]) AS wanted(product_id) JOIN stock USING (product_id)"
    " ORDER BY product_id FOR UPDATE OF stock"};
constexpr Statement take_stock{
    "UPDATE stock SET on_hand = on_hand - (value ->> 'qty') FROM json_each($1) WHERE product_id = value ->> "
    "'productId'",
    "UPDATE stock SET on_hand = on_hand - (value ->> 'qty')::bigint FROM json_array_elements($1::json) AS taken(value)"
    " WHERE product_id = (value ->> 'productId')::bigint"};
constexpr Statement insert_reservations{
    "INSERT INTO reservations(order_id, state, items) SELECT value ->> 'order_id', value ->> 'state', value -> 'items'"
    " FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO reservations(order_id, state, items) SELECT (value ->> 'order_id')::bigint, value ->> 'state', value "
    "-> 'items'"
    " FROM json_array_elements($1::json) ORDER BY 1 ON CONFLICT DO NOTHING"};
constexpr Statement give_back{
    "UPDATE stock SET on_hand = on_hand + back.qty FROM (SELECT value ->> 'productId' AS product_id,"
    " sum(value ->> 'qty') AS qty FROM json_each($1) GROUP BY 1) AS back WHERE stock.product_id = back.product_id",
    "UPDATE stock SET on_hand = on_hand + back.qty FROM (SELECT (value ->> 'productId')::bigint AS product_id,"
    " sum((value ->> 'qty')::bigint) AS qty FROM json_array_elements($1::json) GROUP BY 1) AS back"
    " WHERE stock.product_id = back.product_id"};

std::set<std::int64_t> known_orders(Context& ctx, Created events) {
  std::vector<std::int64_t> ids;
  for (const auto& [order, info] : events) ids.push_back(order.orderId);
  const auto rows = ctx.tx().query<std::int64_t>(select_orders.of(ctx), ids);
  return {rows.begin(), rows.end()};
}

Quantities on_hand(Context& ctx, Created events) {
  std::vector<std::int64_t> products;
  for (const auto& [order, info] : events)
    for (const auto& line : order.items) products.push_back(line.productId);
  Quantities stock;
  for (const auto& [product, amount] : ctx.tx().query<std::int64_t, std::int64_t>(select_stock.of(ctx), products))
    stock[product] = amount;
  return stock;
}

/// Why this order cannot be served; "" = it can.
std::string obstacle(const Quantities& stock, const Quantities& order) {
  if (order.empty()) return "an order without lines";
  for (const auto& [product, qty] : order) {
    const auto found = stock.find(product);
    if (found == stock.end()) return "unknown product " + std::to_string(product);
    if (found->second < qty) return "out of stock: product " + std::to_string(product);
  }
  return "";
}

struct Reservation {  // a row, as JSON for one INSERT of many
  std::int64_t order_id = 0;
  std::string state;
  std::vector<Line> items;
};

void write(Context& ctx, const Quantities& taken, const std::vector<Reservation>& reservations) {
  std::vector<Line> lines;
  for (const auto& [product, qty] : taken) lines.push_back({product, qty});
  if (!lines.empty()) ctx.tx().exec(take_stock.of(ctx), holdfast::Codec<std::vector<Line>>::encode(lines));
  if (reservations.empty()) return;
  const auto written =
      ctx.tx().exec(insert_reservations.of(ctx), holdfast::Codec<std::vector<Reservation>>::encode(reservations));
  if (written != static_cast<std::int64_t>(reservations.size()))
    throw holdfast::Transient(
        "another instance settled one of these orders just now; the batch runs again and sees it");
}

/// All lines of an order or none; many orders in four statements.
void reserve(Context& ctx, Created events) {
  auto known = known_orders(ctx, events);
  auto stock = on_hand(ctx, events);
  Quantities taken;
  std::vector<Reservation> reservations;
  for (const auto& [order, info] : events) {
    if (!known.insert(order.orderId).second) continue;  // cancelled before it was created, or published twice
    const auto lines = wanted(order);
    const auto why_not = obstacle(stock, lines);
    if (why_not.empty()) {
      for (const auto& [product, qty] : lines) stock[product] -= qty, taken[product] += qty;
      ctx.publish(StockReserved{order.orderId}, caused_by(info));
    } else {
      ctx.publish(StockRejected{order.orderId, why_not}, caused_by(info));
    }
    reservations.push_back({order.orderId, why_not.empty() ? "reserved" : "rejected", order.items});
  }
  write(ctx, taken, reservations);
}

/// Gives back what was set aside, or leaves a tombstone for the order that is still to come.
void release(Context& ctx, const OrderCancelled& cancelled) {
  ctx.tx().exec(
      "INSERT INTO reservations(order_id, state, items) VALUES ($1, 'cancelled', '[]') ON CONFLICT DO NOTHING",
      cancelled.orderId);
  const auto items =
      ctx.tx()
          .query<std::string>(
              "UPDATE reservations SET state = 'released' WHERE order_id = $1 AND state = 'reserved' RETURNING items",
              cancelled.orderId)
          .one_or_none();
  if (!items) return;
  ctx.tx().exec(give_back.of(ctx), *items);
}

}  // namespace

void subscribe(holdfast::Host& host) {
  host.subscribe({.consumer = "inventory",
                  .queue = "inventory.order-created.q",
                  .events = {"order.created.*", "order.cancelled.*"},
                  .ordering = holdfast::Ordering::none,
                  .retry = {.via = holdfast::RetryVia::broker}},
                 reserve, release);
}

}  // namespace shop::inventory
