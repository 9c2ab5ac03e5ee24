// The command line of `simulate`.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace sim {

struct Options {
  std::uint64_t first = 0, seeds = 2000;
  std::optional<std::uint64_t> seed;  // one, with its history
  std::string setup, mutant;
  bool mutants = false, hashes = false, json = false, help = false, seeds_given = false;
  int jobs = 0;      // 0: one for each core
  int lines = 120;   // of a history that are shown
};

/// Throws std::invalid_argument.
Options parse(int argc, char** argv);
extern const char* const usage;

}  // namespace sim
