// Replay, take-back and discard of many: the frozen selection, one act an event, and what came of each. Blocking.
#pragma once
#include "inbox/acts.hpp"
#include "inbox/replay_run.hpp"
#include "ports/store_base.hpp"

namespace holdfast::admin {

struct Sum {
  int done = 0, out_of_turn = 0, running = 0, not_there = 0, at_broker = 0, not_in_state = 0;
  bool all() const { return running == 0 && at_broker == 0 && not_in_state == 0; }
  std::string words() const;  // "12 done, 1 runs just now: look again"
};

using Frozen = std::vector<ports::DeferredView>;

/// What became of these since: how many are settled, how many are dead.
struct Outcome {
  int settled = 0, dead = 0, waiting = 0;
};
Outcome outcome(detail::StoreBase& store, const Frozen& events);

/// A replay of many as inbox/replay_run plans it: a canary first, where there is one; then the rest, by staggered due times.
class Replay {
 public:
  /// edited: a body that replaces that of the one event.
  Replay(detail::StoreBase& store, Frozen events, inbox::ReplayPlan plan, std::optional<std::string> edited = {});

  bool has_canary() const { return plan_.has_canary(); }
  Sum canary(const ports::OperatorAction& action);
  Outcome canary_outcome() const;
  /// Once the canary took effect.
  Sum rest(const ports::OperatorAction& action);

 private:
  detail::StoreBase& store_;
  const Frozen events_;
  const inbox::ReplayRun plan_;
  const std::optional<std::string> edited_;
};

/// Replayed ones that are not due yet are dead again.
Sum take_back(detail::StoreBase& store, const Frozen& events, ports::OperatorAction action);
Sum discard(detail::StoreBase& store, const Frozen& events, ports::OperatorAction action);

}  // namespace holdfast::admin
