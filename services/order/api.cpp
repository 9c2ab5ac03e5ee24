#include "order/api.hpp"

#include <charconv>

#include "order/openapi.hpp"
#include "order/place.hpp"

namespace shop::order {
namespace {

using namespace holdfast::http;

struct Placed {
  std::int64_t id = 0;
  std::string status;
};
struct Order {
  std::int64_t id = 0, customerId = 0;
  std::string status;
  std::optional<std::string> reason;
  holdfast::Money totalAmount;
  std::string currency;
  std::vector<Line> items;
};
struct OrderPage {
  std::vector<Order> orders;
  std::optional<std::int64_t> next;
};

std::int64_t number(const std::string& text, const std::string& name) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0)
    throw Problem(400, "'" + text + "' is no number", name);
  return value;
}

std::vector<Order> select(holdfast::Host& host, std::int64_t after, std::int64_t limit) {
  using Text = std::optional<std::string>;
  return host.store().transact([&](holdfast::Transaction& tx) {
    std::vector<Order> orders;
    for (auto& [id, customer, status, reason, total, currency, items] :
         tx.query<std::int64_t, std::int64_t, std::string, Text, holdfast::Money, std::string, std::string>(
             "SELECT id, customer_id, status, nullif(reason, ''), total_amount, currency, items FROM orders"
             " WHERE id > $1 ORDER BY id LIMIT $2",
             after, limit))
      orders.push_back(
          {id, customer, status, reason, total, currency, holdfast::Codec<std::vector<Line>>::decode(items)});
    return orders;
  });
}

Response post(holdfast::Host& host, const Request& request) {
  const auto order = request.json<PlaceOrder>();
  validate(order);
  const auto key = request.header("idempotency-key");
  if (key && (key->empty() || key->size() > 200))
    throw Problem(400, "an Idempotency-Key has 1 to 200 characters", "Idempotency-Key");
  const auto id = place(host, order, key, request.body);
  auto response = Response::json(Placed{id, "pending"}, 201);
  response.headers["location"] = "/orders/" + std::to_string(id);
  return response;
}

Response get(holdfast::Host& host, const Request& request) {
  const auto id = number(request.parameter("id"), "id");
  const auto orders = select(host, id - 1, 1);
  if (orders.empty() || orders.front().id != id) throw Problem(404, "there is no order " + std::to_string(id));
  return Response::json(orders.front());
}

Response list(holdfast::Host& host, const Request& request) {
  const auto after = number(request.query("after").value_or("0"), "after");
  const auto limit = number(request.query("limit").value_or("100"), "limit");
  if (limit < 1 || limit > 1000) throw Problem(400, "a page has 1 to 1000 orders", "limit");
  OrderPage page{select(host, after, limit + 1), {}};
  if (page.orders.size() > static_cast<std::size_t>(limit)) page.orders.pop_back(), page.next = page.orders.back().id;
  return Response::json(page);
}

}  // namespace

void serve(holdfast::Host& host, Server& http) {
  http.on("POST", "/orders", [&host](const Request& request) { return post(host, request); });
  http.on("GET", "/orders", [&host](const Request& request) { return list(host, request); });
  http.on("GET", "/orders/{id}", [&host](const Request& request) { return get(host, request); });
  http.on("GET", "/openapi.json",
          [](const Request&) { return Response{200, {{"content-type", "application/json"}}, openapi}; });
}

}  // namespace shop::order
