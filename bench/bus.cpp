// Events from the outbox through the bus in a file to their committed effects, against a bare loop that does the same inserts and
// deletes in SQLite, in the same batch sizes, with the same syncs.
#include <chrono>
#include <holdfast/connect.hpp>

#include "bench/bare.hpp"
#include "bench/bench.hpp"
#include "bench/countdown.hpp"
#include "bench/proc.hpp"
#include "bench/scraped.hpp"
#include "host/impl.hpp"

namespace holdfast::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Measured {
  static constexpr std::string_view type = "bench.measured.v1";
  std::int64_t number = 0, amount = 0;
  std::string text;
  std::string key() const { return std::to_string(number % 1000); }
};

void quiet(const LogLine&) {}

void fill(Host& producer, int events) {
  const std::string text(300, 'x');
  for (int i = 0; i < events;)
    producer.store().transact([&](Transaction& tx) {
      for (int n = 0; n < 100 && i < events; ++n, ++i) producer.outbox().publish(tx, Measured{i, 1, text});
    });
}

}  // namespace

Rate bus_rate(const std::filesystem::path& folder, int events, const Telemetry& telemetry) {
  const auto url = [&](const char* name) { return "sqlite:" + (folder / name).string(); };
  Host producer({.name = "producer",
                 .store = open_store(url("producer.db")),
                 .transport = open_transport(url("bus.db")),
                 .log = quiet,
                 .trace = telemetry.trace});
  Host consumer({.name = "consumer",
                 .store = open_store(url("consumer.db")),
                 .transport = open_transport(url("bus.db")),
                 .log = quiet,
                 .trace = telemetry.trace});
  producer.store().migrate(), consumer.store().migrate();
  consumer.store().transact(
      [](Transaction& tx) { tx.exec("CREATE TABLE effects(number INTEGER PRIMARY KEY, amount INTEGER)"); });
  consumer.subscribe(
      {.consumer = "bench", .ordering = Ordering::none}, [](Context& ctx, std::span<const Received<Measured>> batch) {
        for (const auto& [event, info] : batch)
          ctx.tx().exec("INSERT INTO effects(number, amount) VALUES ($1, $2)", event.number, event.amount);
      });
  Countdown left(events);
  Countdown receiving(1);
  consumer.impl().observe([&](const host::Signal& signal) {
    if (const auto* run = std::get_if<host::RunSettled>(&signal)) left.down(run->report.counts.handled);
    if (std::holds_alternative<host::Connected>(signal)) receiving.down(1);
  });
  fill(producer, events);
  consumer.start();
  receiving.wait();
  const Scraped one(producer, telemetry.scraped), other(consumer, telemetry.scraped);
  const double cpu = own_cpu_seconds();
  const auto start = Clock::now();
  producer.start();
  left.wait();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return {events / seconds, (own_cpu_seconds() - cpu) / events};
}

void measure_bus(Report& report, const std::filesystem::path& folder, int events) {
  const double limit = bare_bus_rate(folder, events);
  const double rate = bus_rate(folder, events, {}).events_a_second;
  report.add({"file bus, relay to committed effect", rate, "events/s", limit,
              "bare SQLite loop, same batches and syncs", 0.5});
}

}  // namespace holdfast::bench
