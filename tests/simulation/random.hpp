// All chance of a simulation comes from here: the same seed gives the same history (splitmix64).
#pragma once
#include <cstdint>

namespace sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ull + 1) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  int below(int n) { return static_cast<int>(next() % static_cast<unsigned>(n)); }
  int between(int low, int high) { return low + below(high - low + 1); }
  double fraction() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  bool chance(double p) { return p > 0 && fraction() < p; }

 private:
  std::uint64_t state_;
};

}  // namespace sim
