// The relay on PostgreSQL and RabbitMQ: how fast an outbox goes out, in order by key, against a bare publisher of the same messages.
#include <fmt/format.h>

#include <vector>

#include "bench/bare_rabbit.hpp"
#include "bench/bench.hpp"
#include "bench/drain.hpp"

namespace holdfast::bench {
namespace {

constexpr const char* exchange = "orders.exchange";
constexpr const char* queue = "bench.relay";
constexpr int keys = 1000;

/// A bare publisher with so many confirms in flight, then our relay with the same events. Returns our SQL statements an event.
double beside_bare(Report& report, Servers& servers, BareRabbit& bare, int events, int window, const std::string& key,
                   const std::string& name, const std::string& what) {
  std::vector<double> limits, ours, statements;
  for (int round = 0; round < rounds_in_turn; ++round) {
    bare.queue(queue, exchange);
    limits.push_back(bare.publish(exchange, events, window, [](int i) { return measured(i, keys); }));
    bare.queue(queue, exchange);
    const auto database = fmt::format("{}_{}", name, round);
    servers.database(database);
    fill(servers, database, 0, events - 1, key);
    const Drain drained = drain(servers, database, servers.broker(), events);
    ours.push_back(events / drained.seconds), statements.push_back(drained.statements / events);
  }
  report.add({"relay to RabbitMQ, " + what, median(ours), "events/s", median(limits),
              fmt::format("bare rabbitmq-c, confirms in flight: {}", window), 0.8});
  return median(statements);
}

void many_beside_a_backlog(Report& report, Servers& servers, BareRabbit& bare, int backlog) {
  const auto seconds = [&](const std::string& name, int hot) {
    bare.queue(queue, exchange);
    servers.database(name);
    if (hot > 0) fill(servers, name, 1, hot, "'hot'");
    fill(servers, name, 1, keys, "i::text");
    return drain(servers, name, servers.broker(), keys, hot).seconds;
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

Rate relay_rate(Servers& servers, const std::string& name, int events, const Telemetry& telemetry) {
  BareRabbit bare(servers.broker());
  bare.exchange(exchange), bare.queue(queue, exchange);
  servers.database(name);
  fill(servers, name, 0, events - 1, "(i % 1000)::text");
  const Drain drained = drain(servers, name, servers.broker(), events, 0, telemetry);
  return {events / drained.seconds, drained.cpu_seconds / events};
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
