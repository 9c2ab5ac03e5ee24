// From a commit on PostgreSQL to a program that receives from RabbitMQ: 1,000 events a second, whatever becomes of them.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <holdfast/connect.hpp>
#include <holdfast/host.hpp>
#include <thread>

#include "bench/bare_rabbit.hpp"
#include "bench/bench.hpp"
#include "bench/servers.hpp"

namespace holdfast::bench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr const char* exchange = "orders.exchange";
constexpr const char* queue = "bench.latency";
constexpr int threads = 8;
constexpr auto between = 1ms;  // events, over all threads

struct Timed {
  static constexpr std::string_view type = "bench.timed.v1";
  std::int64_t number = 0;
  std::string text;
  std::string key() const { return std::to_string(number % 1000); }
};

std::int64_t number_in(std::string_view body) {
  constexpr std::string_view name = "\"number\":";
  const auto at = body.find(name) + name.size();
  std::int64_t number = 0;
  std::from_chars(body.data() + at, body.data() + body.size(), number);
  return number;
}

/// Each at its time, late or not: one that waits must not slow down those behind it.
void insert_on_time(Host& producer, int events, std::vector<Clock::time_point>& inserted) {
  const auto start = Clock::now() + 100ms;
  std::vector<std::jthread> all;
  all.reserve(threads);
  for (int first = 0; first < threads; ++first)
    all.emplace_back([&, first] {
      for (int i = first; i < events; i += threads) {
        std::this_thread::sleep_until(start + i * between);
        inserted[static_cast<std::size_t>(i)] = start + i * between;
        producer.store().transact(
            [&](Transaction& tx) { producer.outbox().publish(tx, Timed{i, std::string(370, 'x')}); });
      }
    });
}

}  // namespace

void measure_latency(Report& report, Servers& servers, int seconds) {
  const int events = seconds * 1000;
  std::vector<Clock::time_point> inserted(static_cast<std::size_t>(events)), received(inserted.size());
  BareRabbit bare(servers.broker());
  bare.exchange(exchange);
  bare.queue(queue, exchange);
  Host producer({.name = "producer",
                 .store = open_store(servers.database("latency")),
                 .transport = open_transport(servers.broker()),
                 .log = [](const LogLine&) {}});
  producer.start();
  {
    const std::jthread receiving([&, left = events]() mutable {
      bare.consume(queue, 1000, 50, [&](std::string_view body) {
        received[static_cast<std::size_t>(number_in(body))] = Clock::now();
        return --left > 0;
      });
    });
    insert_on_time(producer, events, inserted);
  }
  std::vector<double> ms;
  for (std::size_t i = 1000; i < inserted.size(); ++i)  // the first second warms up
    ms.push_back(std::chrono::duration<double, std::milli>(received[i] - inserted[i]).count());
  std::ranges::sort(ms);
  report.add({"insert to received at 1,000/s, p50", ms[ms.size() / 2], "ms", 0, "", 6, true});
  report.add({"insert to received at 1,000/s, p99", ms[ms.size() * 99 / 100], "ms", 0, "", 25, true});
}

}  // namespace holdfast::bench
