// What a consumer does with order.created on PostgreSQL: an inbox row, a reservation, two rows of stock and an event of its own each;
// against a bare loop that does the same, one transaction an event.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "bench/bare_postgres.hpp"
#include "bench/bare_rabbit.hpp"
#include "bench/bench.hpp"
#include "bench/servers.hpp"
#include "demo/process.hpp"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr const char* inventory_queue = "inventory.order-created.q";
constexpr const char* bare_queue = "bench.consumer";

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Pair {
  int first = 0, second = 0;
};
Pair products_of(int order, int products) {
  return {order % products + 1, (order + 1 + order / products % (products - 1)) % products + 1};
}

BareRabbit::Message created(int order, int products) {
  const auto id = fmt::format("{:08x}{:024x}", products, order);
  const auto [first, second] = products_of(order, products);
  return {
      "order.created.v1", id, std::to_string(order),
      fmt::format(
          R"({{"eventId":"{}","eventType":"order.created.v1","occurredAtUtc":"{:%Y-%m-%dT%H:%M:%S}Z","payload":{{"orderId":{},"customerId":77,)"
          R"("totalAmount":1499.00,"currency":"INR","items":[{{"productId":{},"qty":1}},{{"productId":{},"qty":1}}]}},)"
          R"("metadata":{{"traceId":"{}","correlationId":"{}","producer":"order-service","schemaVersion":1}}}})",
          id, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()), order + 1, first, second, id,
          id)};
}

class Inventory {
 public:
  Inventory(Servers& servers, std::filesystem::path folder, std::filesystem::path programs)
      : folder_(std::move(folder)), programs_(std::move(programs)), servers_(servers) {}

  demo::Process start(const std::string& url) const {
    demo::Process out({(programs_ / "inventory-service").string(),
                       {"--database-url", url, "--broker-url", servers_.broker(), "--http-listen", "127.0.0.1:0",
                        "--relay-mode", "elsewhere"},
                       {},
                       (folder_ / "inventory.log").string()});
    out.read_line(60s);
    return out;
  }
  /// Tables and queues are there, and stock.
  std::string prepare(const std::string& purpose, int products) {
    const auto name = fmt::format("{}_{}", purpose, ++made_);
    const auto url = servers_.database(name);
    auto once = start(url);
    once.signal(SIGTERM), once.wait();
    servers_.sql(name, fmt::format("INSERT INTO stock SELECT i, 1000000 FROM generate_series(1, {}) AS i", products));
    return url;
  }

 private:
  const std::filesystem::path folder_, programs_;
  Servers& servers_;
  int made_ = 0;
};

double ours(Inventory& inventory, BareRabbit& bare, int products, int orders) {
  const auto name = fmt::format("stock_of_{}", products);
  const auto url = inventory.prepare(name, products);
  bare.publish("", orders, 1000, [&](int i) { return created(i, products); }, inventory_queue);
  const auto start = Clock::now();
  auto service = inventory.start(url);
  const auto wanted = static_cast<std::int64_t>(products) * 1'000'000 - 2 * static_cast<std::int64_t>(orders);
  BarePostgres sql(url);
  sql.prepare("left", "SELECT sum(on_hand) FROM stock");
  while (std::stoll(sql.run("left")[0][0]) > wanted) std::this_thread::sleep_for(20ms);
  const double rate = orders / seconds_since(start);
  service.signal(SIGTERM), service.wait();
  return rate;
}

double one_transaction_an_event(Inventory& inventory, BareRabbit& bare, const std::string& broker, int products,
                                int orders) {
  bare.queue(bare_queue, "");
  bare.publish("", orders, 1000, [&](int i) { return created(i, products); }, bare_queue);
  BarePostgres sql(inventory.prepare("stock_by_one", products));
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

void measure_consumer(Report& report, Servers& servers, const std::filesystem::path& folder,
                      const std::filesystem::path& programs, int orders) {
  BareRabbit bare(servers.broker());
  Inventory inventory(servers, folder, programs);
  std::vector<double> limit, many, few;
  for (int round = 0; round < rounds_in_turn; ++round) {
    limit.push_back(one_transaction_an_event(inventory, bare, servers.broker(), 1000, orders / 10));
    many.push_back(ours(inventory, bare, 1000, orders));
    few.push_back(ours(inventory, bare, 10, orders));
  }
  report.add({"effects of order.created, 1,000 products", median(many), "events/s", median(limit),
              "bare loop, one transaction an event", 4});
  report.add({"the same, 10 hot products", median(few), "events/s", median(many), "1,000 products", 0.5});
}

}  // namespace holdfast::bench
