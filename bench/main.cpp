// ./dev bench: figures beside their limits, all from this run.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "bench/bench.hpp"

int main(int argc, char** argv) {
  CLI::App app("Figures beside their limits, from one run. Exit 1 where a goal is missed.");
  std::string json = "bench.json", only;
  int events = 50'000, orders = 20'000, seeds = 2'000;
  app.add_option("--json", json, "file for the figures")->capture_default_str();
  app.add_option("--only", only, "bus, service or simulator");
  app.add_option("--events", events)->capture_default_str();
  app.add_option("--orders", orders)->capture_default_str();
  app.add_option("--seeds", seeds)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  std::string pattern = (std::filesystem::temp_directory_path() / "holdfast-bench-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  const auto programs = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  holdfast::bench::Report report;
  try {
    if (only.empty() || only == "bus") measure_bus(report, folder, events);
    if (only.empty() || only == "service") measure_service(report, folder, programs, orders);
    if (only.empty() || only == "simulator") measure_simulator(report, programs, seeds);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench: {}\n", error.what());
    std::filesystem::remove_all(folder);
    return 3;
  }
  std::filesystem::remove_all(folder);
  report.write(json);
  return report.all_met() ? 0 : 1;
}
