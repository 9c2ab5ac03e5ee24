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

/// A foreign program published this order: handled and counted; it cancels nothing.
void count_unknown(Context& ctx) {
  ctx.tx().exec(
      "INSERT INTO unknown_orders(type, outcomes) VALUES ($1, 1)"
      " ON CONFLICT(type) DO UPDATE SET outcomes = unknown_orders.outcomes + 1",
      ctx.info().type);
}

void decide(Context& ctx, std::int64_t id, const char* status, const std::string& reason) {
  ctx.tx().exec("UPDATE orders SET status = $2, reason = $3 WHERE id = $1", id, status, reason);
}

/// Notes what one side said, once, and decides as soon as enough is known.
void note(Context& ctx, std::int64_t id, const char* side_sql, const char* outcome, const std::string& reason) {
  using Text = std::optional<std::string>;
  const auto row = ctx.tx().query<Text, Text, std::string>(side_sql, id, outcome).one_or_none();
  if (!row) return count_unknown(ctx);
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

void reserved(Context& ctx, const StockReserved& e) { note(ctx, e.orderId, stock_sql, "reserved", ""); }
void rejected(Context& ctx, const StockRejected& e) {
  note(ctx, e.orderId, stock_sql, "rejected", "stock: " + e.reason);
}
void charged(Context& ctx, const PaymentCharged& e) { note(ctx, e.orderId, payment_sql, "charged", ""); }
void declined(Context& ctx, const PaymentDeclined& e) {
  note(ctx, e.orderId, payment_sql, "declined", "payment: " + e.reason);
}

}  // namespace

void subscribe(holdfast::Host& host) {
  host.subscribe({.consumer = "order", .queue = "order.outcomes.q"}, reserved, rejected, charged, declined);
}

}  // namespace shop::order
