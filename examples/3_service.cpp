// A service on PostgreSQL that produces, consumes and serves HTTP; two versions of an event; bulk effects; any event, unparsed.
// HOLDFAST_DATABASE_URL=postgres://... HOLDFAST_BROKER_URL=amqp://... example_3_service
#include <holdfast/holdfast.hpp>
#include <holdfast/service.hpp>

#include "contracts.hpp"

struct PlaceOrder {
  std::int64_t customerId = 0;
  holdfast::Money totalAmount;
  std::string currency;
  std::vector<Line> items;
};
struct Placed {
  std::int64_t id = 0;
};

static holdfast::http::Response place(holdfast::Host& host, const holdfast::http::Request& request) {
  auto order = request.json<PlaceOrder>();
  if (order.items.empty()) throw holdfast::http::Problem(422, "an order needs a line", "/items");
  auto id = host.store().transact([&](holdfast::Transaction& tx) {
    auto number = tx.query<std::int64_t>("INSERT INTO orders(customer_id, total) VALUES ($1, $2) RETURNING id",
                                         order.customerId, order.totalAmount)
                      .one();
    host.outbox().publish(tx, OrderCreated{number, order.customerId, order.totalAmount, order.currency, order.items});
    return number;
  });
  auto response = holdfast::http::Response::json(Placed{id}, 201);
  response.headers["location"] = "/orders/" + std::to_string(id);
  return response;
}

static void reserve_all(holdfast::Context& ctx, std::span<const holdfast::Received<OrderCreatedV2>> orders) {
  std::vector<std::int64_t> products;
  std::vector<int> quantities;
  for (const auto& [order, info] : orders)
    for (const auto& line : order.items) products.push_back(line.productId), quantities.push_back(line.qty);
  ctx.tx().exec(
      "UPDATE stock s SET on_hand = on_hand - d.qty FROM (SELECT product, sum(qty) AS qty FROM"
      " unnest($1::bigint[], $2::int[]) AS u(product, qty) GROUP BY product) d WHERE s.product = d.product",
      products, quantities);
  for (const auto& [order, info] : orders) ctx.publish(StockReserved{order.orderId}, holdfast::caused_by(info));
}

static void release(holdfast::Context& ctx, const OrderCancelled& cancelled) {
  ctx.tx().exec("UPDATE reservations SET state = 'released' WHERE order_id = $1", cancelled.orderId);
}

static void install(holdfast::Host& host, holdfast::http::Server& http) {
  http.on("POST", "/orders", [&host](const holdfast::http::Request& request) { return place(host, request); });

  host.upcast([](const OrderCreated& v1) {
    return OrderCreatedV2{v1.orderId, v1.customerId, v1.totalAmount, v1.currency, v1.items, "web"};
  });
  host.subscribe({.consumer = "inventory",
                  .queue = "inventory.order-created.q",
                  .events = {"order.created.*", "order.cancelled.*"},
                  .retry = {.delays = {std::chrono::seconds(1), std::chrono::minutes(1)}},
                  .concurrency = 4},
                 reserve_all, release);
  host.subscribe(
      {.consumer = "archive", .queue = "archive.all.q", .events = {"#"}, .ordering = holdfast::Ordering::none},
      [](holdfast::Context& ctx, const holdfast::Envelope& any) {
        ctx.tx().exec("INSERT INTO archive(id, body) VALUES ($1, $2)", any.info.id, any.body);
      });
}

int main(int argc, char** argv) {
  return holdfast::service::run(argc, argv, {.name = "shop", .listen = "127.0.0.1:8081"}, install);
}
