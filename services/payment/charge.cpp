#include "payment/charge.hpp"

#include "contracts/order_cancelled.hpp"
#include "contracts/order_created.hpp"
#include "contracts/payment_charged.hpp"
#include "contracts/payment_declined.hpp"

namespace shop::payment {
namespace {

using holdfast::Context;

struct Payment {
  std::string status, charge_key;
};

/// As it is before the gateway is called; the transaction of the handler is not open yet.
std::optional<Payment> payment_of(holdfast::Host& host, std::int64_t order) {
  return host.store().transact([&](holdfast::Transaction& tx) -> std::optional<Payment> {
    const auto row =
        tx.query<std::string, std::string>("SELECT status, charge_key FROM payments WHERE order_id = $1", order)
            .one_or_none();
    if (!row) return {};
    return Payment{std::get<0>(*row), std::get<1>(*row)};
  });
}

/// false: another program settled this order meanwhile; the event is handled again and sees it.
bool write(Context& ctx, const OrderCreated& order, const char* status, const std::string& key) {
  return ctx.tx().exec(
             "INSERT INTO payments(order_id, status, amount, currency, charge_key) VALUES ($1, $2, $3, $4, $5)"
             " ON CONFLICT DO NOTHING",
             order.orderId, status, order.totalAmount, order.currency, key) == 1;
}

[[noreturn]] void run_again(std::int64_t order) {
  throw std::runtime_error("order " + std::to_string(order) +
                           " was settled by another instance while the gateway was called");
}

void charge(holdfast::Host& host, Gateway& gateway, Context& ctx, const OrderCreated& order) {
  if (order.totalAmount <= holdfast::Money())
    throw holdfast::Reject("/payload/totalAmount: order " + std::to_string(order.orderId) + " costs nothing");
  if (order.currency.empty())  // a foreign program may publish anything
    throw holdfast::Reject("/payload/currency: order " + std::to_string(order.orderId) + " names no currency");
  const auto key = ctx.info().id.to_string();
  if (const auto before = payment_of(host, order.orderId)) {  // cancelled first, or charged under another event
    if (before->charge_key != key)
      gateway.refund(key);  // and perhaps under this one, by a try without a commit, or by a copy that is just about to
    return;
  }
  if (gateway.charge({key, order.orderId, order.totalAmount, order.currency})) {
    if (!write(ctx, order, "charged", key)) run_again(order.orderId);
    ctx.publish(PaymentCharged{order.orderId, order.totalAmount, order.currency});
  } else {
    if (!write(ctx, order, "declined", key)) run_again(order.orderId);
    ctx.publish(PaymentDeclined{order.orderId, "card declined"});
  }
}

void refund(holdfast::Host& host, Gateway& gateway, Context& ctx, const OrderCancelled& cancelled) {
  const auto payment = payment_of(host, cancelled.orderId);
  if (!payment) {
    if (ctx.tx().exec("INSERT INTO payments(order_id, status, amount, currency, charge_key) VALUES ($1, 'cancelled', "
                      "'0.00', '', '')"
                      " ON CONFLICT DO NOTHING",
                      cancelled.orderId) == 0)
      run_again(cancelled.orderId);
  } else if (payment->status == "charged") {
    gateway.refund(payment->charge_key);
    ctx.tx().exec("UPDATE payments SET status = 'refunded' WHERE order_id = $1", cancelled.orderId);
  }
}

}  // namespace

void subscribe(holdfast::Host& host, Gateway& gateway) {
  host.subscribe(
      {.consumer = "payment",
       .queue = "payment.order-created.q",
       .events = {"order.created.*", "order.cancelled.*"},
       .ordering = holdfast::Ordering::none,
       .retry = {.via = holdfast::RetryVia::broker},
       .batch = 1},
      [&](Context& ctx, const OrderCreated& order) { charge(host, gateway, ctx, order); },
      [&](Context& ctx, const OrderCancelled& cancelled) { refund(host, gateway, ctx, cancelled); });
}

}  // namespace shop::payment
