// The names that the rules give to their mutants and rare branches, and for each mutant a set-up in which it shows. A test compares
// them with the sources.
#pragma once
#include <span>

namespace sim {

struct Mutant {
  const char* name;
  const char* setup;  // fixed for its seeds; the rest is drawn
};

std::span<const Mutant> all_mutants();
std::span<const char* const> all_marks();

}  // namespace sim
