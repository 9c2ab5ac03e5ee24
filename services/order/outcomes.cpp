#include "order/outcomes.hpp"

#include "contracts/order_cancelled.hpp"
#include "contracts/order_confirmed.hpp"
#include "contracts/payment_charged.hpp"
#include "contracts/payment_declined.hpp"
#include "contracts/stock_rejected.hpp"
#include "contracts/stock_reserved.hpp"

namespace shop::order {
namespace {

using holdfast::Context;
using holdfast::Host;

/// A foreign program published this order: handled, counted and told; it cancels nothing.
void count_unknown(const Host& host, Context& ctx, std::int64_t order) {
  ctx.tx().exec(
      "INSERT INTO unknown_orders(type, outcomes) VALUES ($1, 1)"
      " ON CONFLICT(type) DO UPDATE SET outcomes = unknown_orders.outcomes + 1",
      ctx.info().type);
  const std::pair<std::string_view, std::string> fields[] = {{"order", std::to_string(order)},
                                                             {"event_id", ctx.info().id.to_string()},
                                                             {"type", ctx.info().type},
                                                             {"trace_id", ctx.info().trace_id}};
  host.log()({holdfast::Level::warning,
              "an outcome of an order that is not here: it changes nothing; unknown_orders counts them", fields});
}

void decide(Context& ctx, std::int64_t id, const char* status, const std::string& reason) {
  ctx.tx().exec("UPDATE orders SET status = $2, reason = $3 WHERE id = $1", id, status, reason);
}

/// Notes what one side said, once, and decides as soon as enough is known.
void note(const Host& host, Context& ctx, std::int64_t id, const char* side_sql, const char* outcome,
          const std::string& reason) {
  using Text = std::optional<std::string>;
  const auto row = ctx.tx().query<Text, Text, std::string>(side_sql, id, outcome).one_or_none();
  if (!row) return count_unknown(host, ctx, id);
  const auto& [stock, payment, status] = *row;
  if (status != "pending") return;
  if (!reason.empty()) {
    decide(ctx, id, "cancelled", reason);
    ctx.publish(OrderCancelled{id, reason});
  } else if (stock == "reserved" && payment == "charged") {
    decide(ctx, id, "confirmed", "");
    ctx.publish(OrderConfirmed{id});
  }
}

constexpr auto stock_sql =
    "UPDATE orders SET stock = coalesce(stock, $2) WHERE id = $1 RETURNING stock, payment, status";
constexpr auto payment_sql =
    "UPDATE orders SET payment = coalesce(payment, $2) WHERE id = $1 RETURNING stock, payment, status";

}  // namespace

void subscribe(Host& host) {
  host.subscribe(
      {.consumer = "order", .queue = "order.outcomes.q"},
      [&](Context& ctx, const StockReserved& e) { note(host, ctx, e.orderId, stock_sql, "reserved", ""); },
      [&](Context& ctx, const StockRejected& e) {
        note(host, ctx, e.orderId, stock_sql, "rejected", "stock: " + e.reason);
      },
      [&](Context& ctx, const PaymentCharged& e) { note(host, ctx, e.orderId, payment_sql, "charged", ""); },
      [&](Context& ctx, const PaymentDeclined& e) {
        note(host, ctx, e.orderId, payment_sql, "declined", "payment: " + e.reason);
      });
}

}  // namespace shop::order
