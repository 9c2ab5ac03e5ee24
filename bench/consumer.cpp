// What a consumer does with order.created on PostgreSQL: an inbox row, a reservation, two rows of stock and an event of its own each;
// against a bare loop that does the same, one transaction an event.
#include <fmt/format.h>

#include <chrono>

#include "bench/bare_postgres.hpp"
#include "bench/bare_rabbit.hpp"
#include "bench/bench.hpp"
#include "bench/inventory.hpp"

namespace holdfast::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* inventory_queue = "inventory.order-created.q";
constexpr const char* bare_queue = "bench.consumer";

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

Rate ours(Inventory& inventory, BareRabbit& bare, const std::string& broker, int products, int orders,
          const std::string& name, const std::string& collector = "") {
  const auto url = inventory.prepare(name, broker, products);
  bare.publish("", orders, 1000, [&](int i) { return order_created(i, products); }, inventory_queue);
  return inventory.take(url, broker, products, orders, collector);
}

double one_transaction_an_event(Inventory& inventory, BareRabbit& bare, const std::string& broker, int products,
                                int orders) {
  bare.queue(bare_queue, "");
  bare.publish("", orders, 1000, [&](int i) { return order_created(i, products); }, bare_queue);
  BarePostgres sql(inventory.prepare("stock_by_one", broker, products));
  sql.prepare("begin", "BEGIN");
  sql.prepare("commit", "COMMIT");
  sql.prepare("inbox",
              "INSERT INTO holdfast.inbox(consumer, event_id, state, body_hash, settled_at) VALUES ('bare', $1, "
              "'handled', 'x', now())"
              " ON CONFLICT DO NOTHING");
  sql.prepare("take", "UPDATE stock SET on_hand = on_hand - 1 WHERE product_id = $1 AND on_hand >= 1");
  sql.prepare("reserve",
              "INSERT INTO reservations(order_id, state, items) VALUES ($1, 'reserved', '[]') ON CONFLICT DO NOTHING");
  sql.prepare(
      "publish",
      "SELECT holdfast.publish('stock.reserved.v1', $1::bigint::text, json_build_object('orderId', $1::bigint))");
  int done = 0;
  BareRabbit consumer(broker);
  const auto start = Clock::now();
  consumer.consume(bare_queue, 1000, 1, [&](std::string_view) {
    const auto [first, second] = products_of(done, products);
    const auto id = fmt::format("{:032x}", done + 1), number = std::to_string(done + 1);
    sql.run("begin"), sql.run("inbox", {id});
    sql.run("take", {std::to_string(std::min(first, second))}),
        sql.run("take", {std::to_string(std::max(first, second))});
    sql.run("reserve", {number}), sql.run("publish", {number}), sql.run("commit");
    return ++done < orders;
  });
  return orders / seconds_since(start);
}

}  // namespace

Rate consumer_rate(Servers& servers, const std::filesystem::path& folder, const std::filesystem::path& programs,
                   const std::string& name, int orders, const std::string& collector) {
  BareRabbit bare(servers.broker());
  Inventory inventory(servers, folder, programs);
  return ours(inventory, bare, servers.broker(), 1000, orders, name, collector);
}

void measure_consumer(Report& report, Servers& servers, const std::filesystem::path& folder,
                      const std::filesystem::path& programs, int orders) {
  BareRabbit bare(servers.broker());
  Inventory inventory(servers, folder, programs);
  std::vector<double> limit, many, few;
  const auto rate = [&](int products) {
    return ours(inventory, bare, servers.broker(), products, orders, fmt::format("stock_of_{}", products))
        .events_a_second;
  };
  for (int round = 0; round < rounds_in_turn; ++round) {
    limit.push_back(one_transaction_an_event(inventory, bare, servers.broker(), 1000, orders / 10));
    many.push_back(rate(1000)), few.push_back(rate(10));
  }
  report.add({"effects of order.created, 1,000 products", median(many), "events/s", median(limit),
              "bare loop, one transaction an event", 4});
  report.add({"the same, 10 hot products", median(few), "events/s", median(many), "1,000 products", 0.5});
}

}  // namespace holdfast::bench
