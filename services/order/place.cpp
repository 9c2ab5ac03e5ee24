#include "order/place.hpp"

#include <algorithm>
#include <holdfast/http.hpp>

#include "contracts/order_created.hpp"
#include "order/idempotency.hpp"

namespace shop::order {
namespace {

using holdfast::http::Problem;

constexpr std::size_t most_lines = 1000;
constexpr std::int64_t most_of_a_line = 1'000'000;

void require(bool good, const std::string& member, const std::string& what) {
  if (!good) throw Problem(422, what, member);
}

bool is_currency(const std::string& text) {
  return text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

void validate(const PlaceOrder& order) {
  require(order.customerId > 0, "/customerId", "a customer's number is positive");
  require(order.totalAmount > holdfast::Money(), "/totalAmount", "an order costs more than 0.00");
  require(is_currency(order.currency), "/currency", "a currency is three capital letters, as INR");
  require(!order.items.empty(), "/items", "an order needs a line");
  require(order.items.size() <= most_lines, "/items", "an order has at most 1000 lines");
  for (std::size_t i = 0; i < order.items.size(); ++i) {
    const std::string line = "/items/" + std::to_string(i);
    require(order.items[i].productId > 0, line + "/productId", "a product's number is positive");
    require(order.items[i].qty > 0 && order.items[i].qty <= most_of_a_line, line + "/qty",
            "a quantity is 1 to 1000000");
  }
}

std::int64_t place(holdfast::Host& host, const PlaceOrder& order, const std::optional<std::string>& idempotency_key,
                   const std::string& body) {
  return host.store().transact([&](holdfast::Transaction& tx) {
    if (idempotency_key)
      if (const auto id = answered_before(tx, *idempotency_key, body)) return *id;
    const auto id = tx.query<std::int64_t>(
                          "INSERT INTO orders(customer_id, total_amount, currency, items)"
                          " VALUES ($1, $2, $3, $4) RETURNING id",
                          order.customerId, order.totalAmount, order.currency,
                          holdfast::Codec<std::vector<Line>>::encode(order.items))
                        .one();
    if (idempotency_key) remember_answer(tx, *idempotency_key, body, id);
    host.outbox().publish(tx, OrderCreated{id, order.customerId, order.totalAmount, order.currency, order.items});
    return id;
  });
}

}  // namespace shop::order
