// The same outbox and the same consumer on Kafka. A relay to 12 partitions cannot be faster than the broker takes events, nor than
// PostgreSQL moves rows to the archive: both are measured beside it, and the smaller one is the limit. The consumer is compared with itself on
// RabbitMQ.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "bench/bare_kafka.hpp"
#include "bench/bare_postgres.hpp"
#include "bench/bare_rabbit.hpp"
#include "bench/bench.hpp"
#include "bench/drain.hpp"
#include "bench/inventory.hpp"
#include "demo/servers/kafka.hpp"

namespace holdfast::bench {
namespace {

constexpr int keys = 1000, partitions = 12, page = 1000;
constexpr const char* archive_page =
    "WITH gone AS (DELETE FROM holdfast.outbox WHERE seq IN (SELECT seq FROM holdfast.outbox ORDER BY seq LIMIT $1) "
    "RETURNING *)"
    " INSERT INTO holdfast.outbox_published(seq, id, shard, key, type, unrouted_ok, occurred_at, envelope, headers, "
    "attempts, last_error, published_at)"
    " SELECT seq, id, shard, key, type, unrouted_ok, occurred_at, envelope, headers, attempts, last_error, now() FROM "
    "gone";

std::string full_outbox(Servers& servers, const std::string& purpose, int round, int events) {
  const auto name = fmt::format("{}_{}", purpose, round);
  servers.database(name);
  fill(servers, name, 0, events - 1, "(i % 1000)::text");
  return name;
}

double archive_loop(Servers& servers, const std::string& database, int events) {
  BarePostgres sql(servers.url(database));
  sql.prepare("page", archive_page);
  const auto start = std::chrono::steady_clock::now();
  for (int moved = 0; moved < events; moved += page) sql.run("page", {std::to_string(page)});
  return events / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void relay(Report& report, Servers& servers, const servers::Kafka& kafka, int events) {
  std::vector<double> producers, archives, ours;
  for (int round = 0; round < rounds_in_turn; ++round) {
    BareKafka bare(kafka.servers());
    if (round == 0) bare.topic("bench.measured.v1", partitions);
    producers.push_back(bare.publish(events, [](int i) { return measured(i, keys); }));
    archives.push_back(archive_loop(servers, full_outbox(servers, "archive", round, events), events));
    const auto database = full_outbox(servers, "to_kafka", round, events);
    ours.push_back(events / drain(servers, database, kafka.url(), events).seconds);
  }
  const double producer = median(producers), archive = median(archives);
  report.add({fmt::format("relay to Kafka, {} keys in order, {} partitions", keys, partitions), median(ours),
              "events/s", std::min(producer, archive),
              producer < archive ? "bare idempotent producer" : "bare SQL loop into the archive", 0.5});
  report.add({"the other one: " + std::string(producer < archive ? "bare SQL loop into the archive" : "bare producer"),
              std::max(producer, archive), "events/s", 0, ""});
}

/// Each from a service's start, all events waiting.
void consumer(Report& report, Servers& servers, const servers::Kafka& kafka, Inventory& inventory, int orders) {
  constexpr int products = 1000;
  std::vector<double> on_kafka, on_rabbit;
  const auto order = [](int i) { return order_created(i, products); };
  BareRabbit rabbit(servers.broker());
  BareKafka bare(kafka.servers());
  for (int round = 0; round < rounds_in_turn; ++round) {
    const auto first = inventory.prepare("from_rabbit", servers.broker(), products);
    rabbit.publish("", orders, 1000, order, "inventory.order-created.q");
    on_rabbit.push_back(inventory.take(first, servers.broker(), products, orders).events_a_second);
    const auto second = inventory.prepare("from_kafka", kafka.url(), products);
    bare.publish(orders, order);
    on_kafka.push_back(inventory.take(second, kafka.url(), products, orders).events_a_second);
  }
  report.add({"effects of order.created from Kafka", median(on_kafka), "events/s", median(on_rabbit),
              "the same from RabbitMQ", 0.9});
}

}  // namespace

void measure_kafka(Report& report, Servers& servers, const std::filesystem::path& folder,
                   const std::filesystem::path& programs, int relayed, int consumed) {
  const servers::Kafka kafka;
  relay(report, servers, kafka, relayed);
  Inventory inventory(servers, folder, programs);
  consumer(report, servers, kafka, inventory, consumed);
}

}  // namespace holdfast::bench
