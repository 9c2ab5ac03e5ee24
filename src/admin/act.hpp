// Replay, take-back and discard of many: the frozen selection, one act an event, and what came of each. Blocking.
#pragma once
#include "inbox/acts.hpp"
#include "ports/store_base.hpp"

namespace holdfast::admin {

struct Sum {
  int done = 0, out_of_turn = 0, running = 0, not_there = 0, not_in_state = 0;
  bool all() const { return running == 0 && not_in_state == 0; }
  std::string words() const;  // "12 done, 1 runs just now: look again"
};

using Frozen = std::vector<ports::DeferredView>;

/// rate: events a second, by staggered due times; 0: all at once.
Sum replay(detail::StoreBase& store, const Frozen& events, ports::OperatorAction action, double rate, const std::optional<std::string>& edited = {});
/// Replayed ones that are not due yet are dead again.
Sum take_back(detail::StoreBase& store, const Frozen& events, ports::OperatorAction action);
Sum discard(detail::StoreBase& store, const Frozen& events, ports::OperatorAction action);

/// What became of these since: how many are settled, how many are dead.
struct Outcome {
  int settled = 0, dead = 0, waiting = 0;
};
Outcome outcome(detail::StoreBase& store, const Frozen& events);

}  // namespace holdfast::admin
