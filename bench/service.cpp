// The order service as a program: POST /orders at 16 connections against a bare program; memory, start-up, idle CPU.
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "bench/bare.hpp"
#include "bench/bench.hpp"
#include "bench/proc.hpp"
#include "demo/orders.hpp"
#include "demo/process.hpp"
#include "holdfast/contract.hpp"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Ready {
  std::string http;
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

demo::Command command(const std::filesystem::path& folder, const std::filesystem::path& programs, const char* relay) {
  const auto file = [&](const char* name) { return (folder / name).string(); };
  return {(programs / "order-service").string(),
          {"--database-url", "sqlite:" + file("order.db"), "--broker-url", "sqlite:" + file("service-bus.db"),
           "--http-listen", "127.0.0.1:0", "--relay-mode", relay},
          {},
          file("order.log")};
}

double order_rate(const std::string& url, int orders) {
  const std::vector<demo::Order> plain(static_cast<std::size_t>(orders),
                                       demo::Order{101, 1, Money::from_units(149900)});
  const auto start = Clock::now();
  demo::place_plain(url, plain, 16);
  return orders / seconds_since(start);
}

double median_start_ms(const std::filesystem::path& folder, const std::filesystem::path& programs) {
  std::vector<double> all;
  for (int i = 0; i < 7; ++i) {
    const auto start = Clock::now();
    demo::Process service(command(folder, programs, "in_process"));
    service.read_line(10s);
    all.push_back(seconds_since(start) * 1000);
    service.signal(SIGTERM);
    service.wait();
  }
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

double idle_percent(const std::filesystem::path& folder, const std::filesystem::path& programs) {
  demo::Process service(command(folder, programs, "in_process"));
  service.read_line(10s);
  std::this_thread::sleep_for(3s);
  const double before = cpu_seconds(service.pid());
  std::this_thread::sleep_for(10s);
  return (cpu_seconds(service.pid()) - before) * 100 / 10;
}

}  // namespace

void measure_service(Report& report, const std::filesystem::path& folder, const std::filesystem::path& programs,
                     int orders) {
  const double limit = bare_order_rate(folder, orders);
  {
    demo::Process service(command(folder, programs, "elsewhere"));
    const auto url = Codec<Ready>::decode(service.read_line(10s)).http;
    const double rate = order_rate(url, orders);
    report.add({"POST /orders, 16 connections, relay elsewhere", rate, "orders/s", limit,
                "bare program, same statements, one thread", 0.6});
    report.add({"order-service, most resident under that load", resident_mib(service.pid()), "MiB", 0, "", 25, true});
  }
  std::filesystem::remove(folder / "order.db");
  report.add({"order-service, warm start until ready, median of 7", median_start_ms(folder, programs), "ms", 0, "", 150,
              true});
  report.add({"order-service, idle", idle_percent(folder, programs), "% of a core", 0, "", 1, true});
}

}  // namespace holdfast::bench
