// ./dev bench: figures beside their limits, all from this run.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "bench/bench.hpp"

int main(int argc, char** argv) {
  CLI::App app("Figures beside their limits, from one run. Exit 1 where a goal is missed.");
  std::string json = "bench.json", only;
  int events = 50'000, relayed = 100'000, consumed = 50'000, orders = 20'000, seeds = 2'000;
  app.add_option("--json", json, "file for the figures")->capture_default_str();
  app.add_option("--only", only,
                 "bus, service, simulator, metrics; relay, latency, consumer, orders, kafka, telemetry: on servers");
  app.add_option("--events", events)->capture_default_str();
  app.add_option("--orders", orders)->capture_default_str();
  app.add_option("--relayed", relayed)->capture_default_str();
  app.add_option("--consumed", consumed)->capture_default_str();
  app.add_option("--seeds", seeds)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  std::string pattern = (std::filesystem::temp_directory_path() / "holdfast-bench-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  const auto programs = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  holdfast::bench::Report report;
  try {
    const auto wanted = [&](const char* what) { return only.empty() || only == what; };
    if (wanted("bus")) measure_bus(report, folder, events);
    if (wanted("service")) measure_service(report, folder, programs, orders);
    if (wanted("metrics")) measure_metrics(report, folder);
    if (wanted("simulator")) measure_simulator(report, programs, seeds);
    const auto on_servers = {"relay", "latency", "consumer", "orders", "kafka", "telemetry"};
    if (std::ranges::any_of(on_servers, wanted)) {
      holdfast::bench::Servers servers;
      if (wanted("relay")) measure_relay(report, servers, relayed);
      if (wanted("latency")) measure_latency(report, servers, 10);
      if (wanted("consumer")) measure_consumer(report, servers, folder, programs, consumed);
      if (wanted("orders")) measure_orders(report, servers, folder, programs);
      if (wanted("kafka")) measure_kafka(report, servers, folder, programs, relayed, consumed);
      if (wanted("telemetry")) measure_telemetry(report, servers, folder, programs, relayed / 4);
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench: {}\n", error.what());
    std::filesystem::remove_all(folder);
    return 3;
  }
  std::filesystem::remove_all(folder);
  report.write(json);
  return report.all_met() ? 0 : 1;
}
