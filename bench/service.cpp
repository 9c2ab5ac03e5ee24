// The services as programs: POST /orders at 16 connections against a bare program; memory, start-up, idle CPU.
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "bench/bare.hpp"
#include "bench/bench.hpp"
#include "bench/load.hpp"
#include "bench/proc.hpp"
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

constexpr const char* services[] = {"order-service", "inventory-service", "payment-service"};

struct Place {
  std::filesystem::path folder, programs;
  demo::Command command(const std::string& service, const char* relay = "in_process") const {
    const auto file = [&](const std::string& name) { return (folder / name).string(); };
    demo::Command out{(programs / service).string(),
                      {"--database-url", "sqlite:" + file(service + ".db"), "--broker-url",
                       "sqlite:" + file("service-bus.db"), "--http-listen", "127.0.0.1:0", "--relay-mode", relay},
                      {},
                      file(service + ".log")};
    if (service == "payment-service")
      out.arguments.insert(out.arguments.end(), {"--gateway-ledger", file("ledger.db")});
    return out;
  }
};

double median_start_ms(const Place& place, const std::string& name) {
  std::vector<double> all;
  for (int i = 0; i < 7; ++i) {
    const auto start = Clock::now();
    demo::Process service(place.command(name));
    service.read_line(10s);
    all.push_back(seconds_since(start) * 1000);
    service.signal(SIGTERM);
    service.wait();
  }
  return median(all);
}

double idle_percent(const Place& place, const std::string& name) {
  demo::Process service(place.command(name));
  service.read_line(10s);
  std::this_thread::sleep_for(3s);
  const double before = cpu_seconds(service.pid());
  std::this_thread::sleep_for(10s);
  return (cpu_seconds(service.pid()) - before) * 100 / 10;
}

/// Else nobody takes the orders, and the relay keeps each as one that reached no queue.
void declare_the_queue_of_inventory(const Place& place) {
  demo::Process inventory(place.command("inventory-service"));
  inventory.read_line(10s);
  inventory.signal(SIGTERM), inventory.wait();
}

/// Orders a second; the most memory it needed.
std::pair<double, double> under_load(const Place& place, const char* relay) {
  demo::Process service(place.command("order-service", relay));
  const auto url = Codec<Ready>::decode(service.read_line(10s)).http;
  const double rate = post_orders(url, place.folder);
  return {rate, resident_mib(service.pid())};
}

}  // namespace

void measure_service(Report& report, const std::filesystem::path& folder, const std::filesystem::path& programs,
                     int orders) {
  const Place place{folder, programs};
  const double limit = bare_order_rate(folder, orders);
  declare_the_queue_of_inventory(place);
  const auto [rate, memory] = under_load(place, "elsewhere");
  report.add({"POST /orders, 16 connections, relay elsewhere", rate, "orders/s", limit,
              "bare program, same statements, one thread", 0.6});
  report.add({"order-service, most resident under that load", memory, "MiB", 0, "", 25, true});
  const auto [with_relay, memory_with_relay] = under_load(place, "in_process");
  report.add({"the same, relay in the process", with_relay, "orders/s", 0, "", 0});
  report.add({"its most resident", memory_with_relay, "MiB", 0, "", 25, true});
  const Place quiet{folder / "idle", programs};  // nothing waits there
  std::filesystem::create_directory(quiet.folder);
  for (const std::string name : services) {
    report.add({name + ", warm start until ready, median of 7", median_start_ms(quiet, name), "ms", 0, "", 150, true});
    report.add({name + ", idle", idle_percent(quiet, name), "% of a core", 0, "", 1, true});
  }
}

}  // namespace holdfast::bench
