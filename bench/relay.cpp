// The relay on PostgreSQL and RabbitMQ: how fast an outbox goes out, in order by key, against a bare publisher of the same messages.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <holdfast/connect.hpp>
#include <holdfast/host.hpp>
#include <vector>

#include "bench/bare_rabbit.hpp"
#include "bench/bench.hpp"
#include "bench/countdown.hpp"
#include "bench/servers.hpp"
#include "host/impl.hpp"

namespace holdfast::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* exchange = "orders.exchange";
constexpr const char* queue = "bench.relay";
constexpr int keys = 1000, payload = 400;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Rows first to last, their key by an SQL expression of i.
void fill(Servers& servers, const std::string& database, int first, int last, const std::string& key) {
  servers.sql(database,
              fmt::format("SET application_name = 'producer'; SELECT count(holdfast.publish('bench.measured.v1', {}, "
                          "json_build_object('number', i, 'text', repeat('x', {})))) FROM generate_series({}, {}) AS i",
                          key, payload - 30, first, last));
}

struct Drain {
  double seconds = 0;  // from the relay's session to the last mark of those that count
  double statements = 0;
};

/// Relays what is there, until `count` rows with a seq above `after` are marked.
Drain drain(Servers& servers, const std::string& database, const std::string& url, int count, std::int64_t after = 0,
            const Tracing& trace = {}) {
  servers.sql(database, "SELECT pg_stat_statements_reset()");
  Host relay({.name = "producer",
              .store = open_store(url),
              .transport = open_transport(servers.broker()),
              .log = [](const LogLine&) {},
              .trace = trace});
  Countdown left(count), connected(1);
  Clock::time_point start;
  relay.impl().observe([&](const host::Signal& signal) {
    if (std::holds_alternative<host::Connected>(signal)) start = Clock::now(), connected.down(1);
    if (const auto* marked = std::get_if<host::Marked>(&signal))
      left.down(
          static_cast<int>(std::ranges::count_if(marked->rows, [&](const auto& row) { return row.seq > after; })));
  });
  relay.start();
  connected.wait();
  left.wait();
  const double seconds = seconds_since(start);
  const auto statements = servers.number(database,
                                         "SELECT sum(calls) FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid "
                                         "WHERE datname = current_database()");
  relay.stop();
  return {seconds, static_cast<double>(statements)};
}

BareRabbit::Message like_ours(int i) {
  const auto id = fmt::format("{:032x}", i);
  return {
      "bench.measured.v1", id, std::to_string(i % keys),
      fmt::format(
          R"({{"eventId":"{}","eventType":"bench.measured.v1","occurredAtUtc":"2026-01-01T00:00:00.000000Z","payload":{{"number":{},"text":"{}"}},)"
          R"("metadata":{{"traceId":"{}","correlationId":"{}","producer":"producer","schemaVersion":1}}}})",
          id, i, std::string(payload - 30, 'x'), id, id)};
}

/// A bare publisher with so many confirms in flight, then our relay with the same events. Returns our SQL statements an event.
double beside_bare(Report& report, Servers& servers, BareRabbit& bare, int events, int window, const std::string& key,
                   const std::string& name, const std::string& what) {
  std::vector<double> limits, ours, statements;
  for (int round = 0; round < rounds_in_turn; ++round) {
    bare.queue(queue, exchange);
    limits.push_back(bare.publish(exchange, events, window, like_ours));
    bare.queue(queue, exchange);
    const auto database = fmt::format("{}_{}", name, round);
    const auto url = servers.database(database);
    fill(servers, database, 0, events - 1, key);
    const Drain drained = drain(servers, database, url, events);
    ours.push_back(events / drained.seconds), statements.push_back(drained.statements / events);
  }
  report.add({"relay to RabbitMQ, " + what, median(ours), "events/s", median(limits),
              fmt::format("bare rabbitmq-c, confirms in flight: {}", window), 0.8});
  return median(statements);
}

void many_beside_a_backlog(Report& report, Servers& servers, BareRabbit& bare, int backlog) {
  const auto seconds = [&](const std::string& name, int hot) {
    bare.queue(queue, exchange);
    const auto url = servers.database(name);
    if (hot > 0) fill(servers, name, 1, hot, "'hot'");
    fill(servers, name, 1, keys, "i::text");
    return drain(servers, name, url, keys, hot).seconds;
  };
  std::vector<double> without, with;
  for (int round = 0; round < 2 * rounds_in_turn + 1; ++round) {
    without.push_back(seconds(fmt::format("alone_{}", round), 0));
    with.push_back(seconds(fmt::format("beside_{}", round), backlog));
  }
  report.add({fmt::format("1,000 keys behind {} events of another one", backlog), median(with) * 1000, "ms",
              median(without) * 1000, "the same without them", 1.5, true});
}

}  // namespace

double relay_rate(Servers& servers, const std::string& name, int events, const Tracing& trace) {
  BareRabbit bare(servers.broker());
  bare.exchange(exchange), bare.queue(queue, exchange);
  const auto url = servers.database(name);
  fill(servers, name, 0, events - 1, "(i % 1000)::text");
  return events / drain(servers, name, url, events, 0, trace).seconds;
}

void measure_relay(Report& report, Servers& servers, int events) {
  BareRabbit bare(servers.broker());
  bare.exchange(exchange);
  const double statements =
      beside_bare(report, servers, bare, events, 1000, "(i % 1000)::text", "many_keys", "1,000 keys in order");
  report.add({"SQL statements an event meanwhile", statements, "statements", 0, "", 0.05, true});
  beside_bare(report, servers, bare, events / 20, 1, "'1'", "one_key", "one key alone");
  many_beside_a_backlog(report, servers, bare, 15'000);
}

}  // namespace holdfast::bench
