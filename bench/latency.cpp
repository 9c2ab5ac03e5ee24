// From a commit on PostgreSQL to a program that receives from RabbitMQ: 1,000 events a second, whatever becomes of them.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <functional>
#include <holdfast/connect.hpp>
#include <holdfast/host.hpp>
#include <thread>

#include "bench/bare_postgres.hpp"
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

using Insert = std::function<void(int)>;

/// Each at its time, late or not: one that waits must not slow down those behind it.
void insert_on_time(const std::function<Insert()>& connect, int events, std::vector<Clock::time_point>& inserted) {
  const auto start = Clock::now() + 100ms;
  std::vector<std::jthread> all;
  all.reserve(threads);
  for (int first = 0; first < threads; ++first)
    all.emplace_back([&, first] {
      const Insert insert = connect();
      for (int i = first; i < events; i += threads) {
        std::this_thread::sleep_until(start + i * between);
        inserted[static_cast<std::size_t>(i)] = start + i * between;
        insert(i);
      }
    });
}

/// From the time at which each was due to be inserted until it was received, sorted.
std::vector<double> latencies(Servers& servers, int events, const std::function<Insert()>& connect) {
  std::vector<Clock::time_point> inserted(static_cast<std::size_t>(events)), received(inserted.size());
  BareRabbit consumer(servers.broker());
  {
    const std::jthread receiving([&, left = events]() mutable {
      consumer.consume(queue, 1000, 50, [&](std::string_view body) {
        received[static_cast<std::size_t>(number_in(body))] = Clock::now();
        return --left > 0;
      });
    });
    insert_on_time(connect, events, inserted);
  }
  std::vector<double> ms;
  for (std::size_t i = 1000; i < inserted.size(); ++i)  // the first second warms up
    ms.push_back(std::chrono::duration<double, std::milli>(received[i] - inserted[i]).count());
  std::ranges::sort(ms);
  return ms;
}

double percentile(const std::vector<double>& sorted, std::size_t of_100) {
  return sorted[sorted.size() * of_100 / 100];
}

/// What a program would do that leaves out order by key, leases, retries and what was published: the limit.
void relay_naively(const std::string& url, const std::string& broker, const std::atomic<bool>& stop) {
  BarePostgres sql(url);
  BareRabbit out(broker);
  sql.prepare("read", "SELECT id, body FROM bare_outbox ORDER BY id LIMIT 1000");
  sql.prepare("delete", "DELETE FROM bare_outbox WHERE id = ANY ($1::bigint[])");
  while (!stop) {
    const auto rows = sql.run("read");
    if (rows.empty()) {
      std::this_thread::sleep_for(5ms);
      continue;
    }
    std::string ids;
    for (const auto& row : rows) ids += (ids.empty() ? "{" : ",") + row[0];
    out.publish(exchange, static_cast<int>(rows.size()), 1000, [&](int i) {
      const auto& row = rows[static_cast<std::size_t>(i)];
      return Message{std::string(Timed::type), fmt::format("{:0>32}", row[0]), row[0], row[1]};
    });
    sql.run("delete", {ids + "}"});
  }
}

std::vector<double> naively(Servers& servers, int events) {
  const auto url = servers.database("naive_latency");
  servers.sql("naive_latency", "CREATE TABLE bare_outbox(id bigserial PRIMARY KEY, body text NOT NULL)");
  std::atomic<bool> stop = false;
  const std::jthread relay([&] { relay_naively(url, servers.broker(), stop); });
  auto ms = latencies(servers, events, [&] {
    auto sql = std::make_shared<BarePostgres>(url);
    sql->prepare("insert", "INSERT INTO bare_outbox(body) VALUES ($1)");
    return
        [sql](int i) { sql->run("insert", {fmt::format(R"({{"number":{},"text":"{}"}})", i, std::string(580, 'x'))}); };
  });
  stop = true;
  return ms;
}

std::vector<double> ours(Servers& servers, int events) {
  Host producer({.name = "producer",
                 .store = open_store(servers.database("latency")),
                 .transport = open_transport(servers.broker()),
                 .log = [](const LogLine&) {}});
  producer.start();
  return latencies(servers, events, [&] {
    return [&](int i) {
      producer.store().transact(
          [&](Transaction& tx) { producer.outbox().publish(tx, Timed{i, std::string(370, 'x')}); });
    };
  });
}

}  // namespace

void measure_latency(Report& report, Servers& servers, int seconds) {
  BareRabbit bare(servers.broker());
  bare.exchange(exchange);
  bare.queue(queue, exchange);
  const auto naive = naively(servers, seconds * 1000), own = ours(servers, seconds * 1000);
  report.add({"insert to received at 1,000/s, p50", percentile(own, 50), "ms", 0, "", 6, true});
  report.add({"insert to received at 1,000/s, p99", percentile(own, 99), "ms", 0, "", 25, true});
  report.add({"the same by a naive relay, p50", percentile(naive, 50), "ms", 0, ""});
  report.add({"the same by a naive relay, p99", percentile(naive, 99), "ms", 0, ""});
}

}  // namespace holdfast::bench
