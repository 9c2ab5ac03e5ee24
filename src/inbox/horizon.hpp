// G3, link 2: what is too old to be told from a duplicate does not run.
#pragma once
#include <optional>

#include "holdfast/event.hpp"
#include "ports/mutants.hpp"

namespace holdfast::inbox {

/// pruned_before: the highest time of an event whose inbox row was ever pruned; none: nothing is too old.
inline bool too_old(std::optional<Timestamp> at, std::optional<Timestamp> pruned_before) {
  return at && pruned_before && *at <= *pruned_before && !mutant("too_old_runs");
}

}  // namespace holdfast::inbox
