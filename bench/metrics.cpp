// What a look costs while a million events are pending and a million dead: the gauges' questions to the database, and GET /metrics.
#include <algorithm>
#include <holdfast/connect.hpp>
#include <holdfast/host.hpp>
#include <optional>

#include "bench/bench.hpp"
#include "http/client.hpp"
#include "ports/clock.hpp"
#include "ports/store_base.hpp"
#include "ports/transport_base.hpp"
#include "service/health.hpp"

namespace holdfast::bench {
namespace {

constexpr int million = 1'000'000, looks = 20, answers = 500;

double milliseconds(const std::function<void()>& work) {
  const auto& clock = ports::system_clock();
  const auto begun = clock.steady();
  work();
  return std::chrono::duration<double, std::milli>(clock.steady() - begun).count();
}

void fill_sqlite(Store& store) {
  const std::string rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) ";
  store.transact([&](Transaction& tx) {
    tx.exec(rows +
                "INSERT INTO holdfast_outbox(id, key, type, occurred_at, envelope) SELECT printf('%032x', i), 'k' || "
                "(i % 1000),"
                " 'order.created.v1', 1700000000000000 + i, zeroblob(400) FROM n",
            million);
    tx.exec(rows +
                "INSERT INTO holdfast_deferred(consumer, event_id, key, blocks_key, state, attempts, due_at, reason, "
                "error, type,"
                " body, headers, origin, first_failed_at) SELECT 'inventory', printf('%032x', i), 'k' || (i % 1000), "
                "0, 'dead', 6, i,"
                " 'exhausted', 'the shelf was locked', 'order.created.v1', zeroblob(400), '{}', '', i FROM n",
            million);
  });
}

constexpr const char* fill_postgres = R"(
INSERT INTO holdfast.outbox(id, shard, key, type, occurred_at, envelope)
  SELECT gen_random_uuid(), 0, 'k' || i % 1000, 'order.created.v1', now(), decode(repeat('00', 400), 'hex')
    FROM generate_series(1, 1000000) AS i;
INSERT INTO holdfast.deferred(consumer, event_id, key, blocks_key, state, attempts, due_at, reason, error, type, body, headers, origin,
                              first_failed_at)
  SELECT 'inventory', gen_random_uuid(), convert_to('k' || i % 1000, 'UTF8'), false, 'dead', 6, now(), 'exhausted',
         'the shelf was locked', '', decode(repeat('00', 400), 'hex'), '{}', '', now() FROM generate_series(1, 1000000) AS i;
)";

void measure(Report& report, const std::string& on, const Store& store, const std::string& bus) {
  const auto admin = store.impl()->admin();
  std::vector<double> gauges, answered;
  for (int i = 0; i < looks; ++i) gauges.push_back(milliseconds([&] { (void)admin->waiting(); }));
  report.add({"gauges of a million pending, a million dead, " + on, median(gauges), "ms", 0, "", 100, true});
  Host host({.name = "shop",
             .store = store,
             .transport = open_transport(bus),
             .relay = Relay::elsewhere,
             .log = [](const LogLine&) {}});
  host.start();
  http::Server server({.listen = "127.0.0.1:0", .workers = 1});
  service::serve_health(host, server);
  server.start();
  http::Client client(server.url());
  for (int i = 0; i < answers; ++i) answered.push_back(milliseconds([&] { (void)client.get("/metrics"); }));
  std::ranges::sort(answered);
  report.add({"GET /metrics, 99 of 100, " + on, answered[answers * 99 / 100], "ms", 0, "", 20, true});
}

/// What the upkeep of a consumer asks of the bus in a file.
void measure_depth(Report& report, const std::string& file) {
  const auto bus = open_transport("sqlite:" + file);
  auto& topology = bus.impl()->topology();
  topology.declare({"q", {"#"}, true});
  open_store("sqlite:" + file).transact([](Transaction& tx) {
    tx.exec(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) INSERT INTO events(queue, "
        "message_id, type, published_at, body) SELECT 1, i, 'order.created.v1', 0, zeroblob(400) FROM n",
        million);
  });
  std::vector<double> asked;
  asked.reserve(looks);
  for (int i = 0; i < looks; ++i) asked.push_back(milliseconds([&] { (void)topology.depth("q"); }));
  report.add({"depth of a queue of a million, bus in a file", median(asked), "ms", 0, "", 100, true});
}

void subscribe_once(Store& store) {
  store.migrate();
  store.impl()
      ->inbox("inventory")
      ->open_instance({.name = "a", .queue = "q", .patterns = {"order.#"}, .ordering = "by_key"});
}

}  // namespace

void measure_metrics(Report& report, const std::filesystem::path& folder) {
  measure_depth(report, (folder / "depth.db").string());
  const std::string bus = "sqlite:" + (folder / "metrics-bus.db").string();
  {
    Store store = open_store("sqlite:" + (folder / "metrics.db").string());
    subscribe_once(store);
    fill_sqlite(store);
    measure(report, "SQLite", store, bus);
  }
  servers::Postgres postgres;
  postgres.sql("postgres", "CREATE DATABASE metrics");
  Store store = open_store(postgres.url("postgres", "metrics"));
  subscribe_once(store);
  postgres.sql("metrics", fill_postgres);
  measure(report, "PostgreSQL", store, bus);
}

}  // namespace holdfast::bench
