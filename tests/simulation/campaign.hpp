// Many seeds: their sum, and the first that broke a promise.
#pragma once
#include <map>
#include <string>

#include "simulation/options.hpp"
#include "simulation/world/world.hpp"

namespace sim {

struct Sum {
  std::uint64_t seeds = 0, steps = 0;
  double seconds = 0;
  std::map<std::string, long> counts, marks;
  struct Bad {
    std::uint64_t first = 0;
    long seeds = 0;
    std::string example;
  };
  std::map<std::string, Bad> bad;  // by promise

  std::uint64_t first_bad() const;
};

/// Spread over processes. stop_at_first: of each process.
Sum play(const Options& options, std::uint64_t seeds, bool stop_at_first = false);

/// Of all that happened in one seed, and in which order.
std::uint64_t history_hash(const Options& options, std::uint64_t seed);
void print_hashes(const Options& options);  // "SEED HASH", a line each

/// Prints the sum; false: a promise was broken.
bool report(const Options& options, const Sum& sum);
/// Prints what happened in one seed; false: a promise was broken.
bool tell(const Options& options, std::uint64_t seed);
/// Prints the table of mutants; false: one survived.
bool try_mutants(const Options& options);

}  // namespace sim
