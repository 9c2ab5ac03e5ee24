#include "inventory/api.hpp"

#include <charconv>

#include "inventory/openapi.hpp"

namespace shop::inventory {
namespace {

using namespace holdfast::http;

struct SetStock {  // the body of PUT
  std::int64_t onHand = 0;
};
struct Stock {
  std::int64_t productId = 0, onHand = 0;
};
struct AllStock {
  std::vector<Stock> stock;
};

std::int64_t product_of(const Request& request) {
  const auto text = request.parameter("productId");
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id <= 0)
    throw Problem(400, "'" + text + "' is no product's number", "productId");
  return id;
}

Response list(holdfast::Host& host) {
  AllStock all;
  host.store().transact([&](holdfast::Transaction& tx) {
    all.stock.clear();
    for (const auto& [id, amount] :
         tx.query<std::int64_t, std::int64_t>("SELECT product_id, on_hand FROM stock ORDER BY product_id"))
      all.stock.push_back({id, amount});
  });
  return Response::json(all);
}

Response get(holdfast::Host& host, const Request& request) {
  const auto id = product_of(request);
  const auto amount = host.store().transact([&](holdfast::Transaction& tx) {
    return tx.query<std::int64_t>("SELECT on_hand FROM stock WHERE product_id = $1", id).one_or_none();
  });
  if (!amount) throw Problem(404, "there is no product " + std::to_string(id));
  return Response::json(Stock{id, *amount});
}

/// Sets what is on hand; reservations made from now on take from it.
Response put(holdfast::Host& host, const Request& request) {
  const auto id = product_of(request);
  const auto wanted = request.json<SetStock>();
  if (wanted.onHand < 0 || wanted.onHand > 1'000'000'000'000)
    throw Problem(422, "on hand are 0 to 1000000000000", "/onHand");
  host.store().transact([&](holdfast::Transaction& tx) {
    tx.exec(
        "INSERT INTO stock(product_id, on_hand) VALUES ($1, $2) ON CONFLICT(product_id) DO UPDATE SET on_hand = "
        "excluded.on_hand",
        id, wanted.onHand);
  });
  return Response::json(Stock{id, wanted.onHand});
}

}  // namespace

void serve(holdfast::Host& host, Server& http) {
  http.on("GET", "/stock", [&host](const Request&) { return list(host); });
  http.on("GET", "/stock/{productId}", [&host](const Request& request) { return get(host, request); });
  http.on("PUT", "/stock/{productId}", [&host](const Request& request) { return put(host, request); });
  http.on("GET", "/openapi.json",
          [](const Request&) { return Response{200, {{"content-type", "application/json"}}, openapi}; });
}

}  // namespace shop::inventory
