#include <cstdio>
#include <cstdlib>

#include "ports/clock.hpp"
#include "simulation/world/world.hpp"

int main(int argc, char** argv) {
  const int first = argc > 1 ? std::atoi(argv[1]) : 0, seeds = argc > 2 ? std::atoi(argv[2]) : 1;
  const std::string setup = argc > 3 ? argv[3] : "";
  int bad = 0;
  const auto t0 = holdfast::ports::system_clock().steady();
  std::map<std::string, long> counts;
  long steps = 0;
  for (int seed = first; seed < first + seeds; ++seed) {
    const auto r = sim::run(seed, {setup, seeds == 1});
    for (auto& l : r.history) std::printf("%s\n", l.c_str());
    steps += r.steps;
    for (auto& [k, v] : r.counts) counts[k] += v;
    if (r.breach && ++bad < 30) std::printf("seed %d  %s: %s   [%s]\n", seed, r.breach->promise.c_str(), r.breach->what.c_str(), r.setup.c_str());
  }
  const double s = std::chrono::duration<double>(holdfast::ports::system_clock().steady() - t0).count();
  std::printf("%d bad, %.0f seeds/s, %.0f steps/seed %.0f ns/step\n", bad, seeds / s, double(steps) / seeds, s * 1e9 / double(steps));
  if (seeds > 1) for (auto& [k, v] : counts) std::printf("  %ld %s\n", v, k.c_str());
}
