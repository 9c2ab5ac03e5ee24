#include "bench/drain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <holdfast/connect.hpp>
#include <holdfast/host.hpp>

#include "bench/countdown.hpp"
#include "bench/proc.hpp"
#include "bench/scraped.hpp"
#include "host/impl.hpp"

namespace holdfast::bench {

void fill(Servers& servers, const std::string& database, int first, int last, const std::string& key) {
  servers.sql(database,
              fmt::format("SET application_name = 'producer'; SELECT count(holdfast.publish('bench.measured.v1', {}, "
                          "json_build_object('number', i, 'text', repeat('x', {})))) FROM generate_series({}, {}) AS i",
                          key, payload_bytes - 30, first, last));
}

Drain drain(Servers& servers, const std::string& database, const std::string& broker, int count, std::int64_t after,
            const Telemetry& telemetry) {
  using Clock = std::chrono::steady_clock;
  servers.sql(database, "SELECT pg_stat_statements_reset()");
  Host relay({.name = "producer",
              .store = open_store(servers.url(database)),
              .transport = open_transport(broker),
              .log = [](const LogLine&) {},
              .trace = telemetry.trace});
  Countdown left(count), connected(1);
  Clock::time_point start;
  double cpu = 0;
  relay.impl().observe([&](const host::Signal& signal) {
    if (std::holds_alternative<host::Connected>(signal))
      start = Clock::now(), cpu = own_cpu_seconds(), connected.down(1);
    if (const auto* marked = std::get_if<host::Marked>(&signal))
      left.down(
          static_cast<int>(std::ranges::count_if(marked->rows, [&](const auto& row) { return row.seq > after; })));
  });
  relay.start();
  const Scraped scraped(relay, telemetry.scraped);
  connected.wait();
  left.wait();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  cpu = own_cpu_seconds() - cpu;
  const auto statements = servers.number(database,
                                         "SELECT sum(calls) FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid "
                                         "WHERE datname = current_database()");
  relay.stop();
  return {seconds, cpu, static_cast<double>(statements)};
}

}  // namespace holdfast::bench
