// The same seed gives the same history: else a failure that a seed found could not be looked at.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <sstream>

#include "simulation/campaign.hpp"

namespace sim {
namespace {

using Hashes = std::map<std::uint64_t, std::uint64_t>;
constexpr std::uint64_t seeds = 200;

Hashes backwards() {
  Hashes hashes;
  for (std::uint64_t seed = seeds; seed > 0; --seed) hashes[seed] = history_hash({}, seed);
  return hashes;
}

/// Another process, with its memory elsewhere.
Hashes of_the_program() {
  const std::string command = HOLDFAST_BIN_DIR "/simulate --hashes --first 1 --seeds " + std::to_string(seeds);
  const std::unique_ptr<FILE, int (*)(FILE*)> out(popen(command.c_str(), "r"), pclose);
  Hashes hashes;
  char line[100];
  while (out && std::fgets(line, sizeof line, out.get())) {
    std::istringstream words(line);
    std::uint64_t seed = 0, hash = 0;
    words >> seed >> std::hex >> hash;
    hashes[seed] = hash;
  }
  return hashes;
}

TEST(Determinism, ASeedGivesTheSameHistoryAfterOtherSeedsAndInAnotherProcess) {
  const Hashes here = backwards();
  std::set<std::uint64_t> different;
  for (const auto& [seed, hash] : here) {
    EXPECT_EQ(history_hash({}, seed), hash) << "seed " << seed << " after others";
    different.insert(hash);
  }
  EXPECT_EQ(different.size(), seeds) << "two seeds with one history: the hash sees too little";
  const Hashes there = of_the_program();
  ASSERT_EQ(there.size(), seeds);
  for (const auto& [seed, hash] : here) EXPECT_EQ(there.at(seed), hash) << "seed " << seed << " in another process";
}

}  // namespace
}  // namespace sim
