#include "payment/api.hpp"

#include <charconv>

#include "payment/openapi.hpp"

namespace shop::payment {
namespace {

using namespace holdfast::http;

struct Payment {
  std::int64_t orderId = 0;
  std::string status;  // charged, declined, refunded
  holdfast::Money amount;
  std::string currency;
};

Response get(holdfast::Host& host, const Request& request) {
  const auto text = request.parameter("orderId");
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id <= 0)
    throw Problem(400, "'" + text + "' is no order's number", "orderId");
  const auto row = host.store().transact([&](holdfast::Transaction& tx) {
    return tx
        .query<std::string, holdfast::Money, std::string>(
            "SELECT status, amount, currency FROM payments WHERE order_id = $1 AND status <> 'cancelled'", id)
        .one_or_none();
  });
  if (!row) throw Problem(404, "there is no payment of order " + std::to_string(id));
  return Response::json(Payment{id, std::get<0>(*row), std::get<1>(*row), std::get<2>(*row)});
}

}  // namespace

void serve(holdfast::Host& host, Server& http) {
  http.on("GET", "/payments/{orderId}", [&host](const Request& request) { return get(host, request); });
  http.on("GET", "/openapi.json",
          [](const Request&) { return Response{200, {{"content-type", "application/json"}}, openapi}; });
}

}  // namespace shop::payment
