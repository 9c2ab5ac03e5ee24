// Chance, from a seed: the same seed gives the same run. For jitter; nothing secret is made of it.
#pragma once
#include <cstdint>

namespace holdfast::ports {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {  // splitmix64
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  /// 0 to most, both included. The bias of % is far below what a jitter cares for.
  std::int64_t up_to(std::int64_t most) {
    return static_cast<std::int64_t>(next() % (static_cast<std::uint64_t>(most) + 1));
  }

 private:
  std::uint64_t state_;
};

}  // namespace holdfast::ports
