// Seeds a second of the simulator, relay and consumers together, on one core.
#include <chrono>

#include "bench/bench.hpp"
#include "demo/process.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::bench {

void measure_simulator(Report& report, const std::filesystem::path& programs, int seeds) {
  const auto start = std::chrono::steady_clock::now();
  demo::Process simulate(
      {(programs / "simulate").string(), {"--seeds", std::to_string(seeds), "--threads", "1"}, {}, "/dev/null"});
  if (const int code = simulate.wait(); code != 0) throw Error("simulate ended with code " + std::to_string(code));
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.add({"simulator, one core", seeds / took, "seeds/s", 0, "", 300});
}

}  // namespace holdfast::bench
