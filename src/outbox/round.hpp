// G4, link 2: reading by rounds. A round walks once over what the round before did not see, in pages that all see what the first one
// saw, so that a row which commits between two pages never comes before an earlier one of its key.
#pragma once
#include "outbox/actions.hpp"
#include "outbox/options.hpp"

namespace holdfast::outbox {

class Rounds {
 public:
  Rounds(Span poll, Millis every) : poll_(poll), every_(every), pause_(poll.first) {}

  /// The next round reads everything: a new lease, or an error after which nobody knows what was seen.
  void restart(Tick now);
  void wake() { woken_ = true; }

  bool due(Tick now) const { return now >= next(); }
  Tick next() const;
  bool walking() const { return walking_; }  ///< in the middle of a round: ask() is for a later page
  ports::Round ask(Tick now);
  /// false: it answers a question from before a restart, nothing of it counts.
  bool answered(Tick now, const ports::Page& page);
  void failed() { asking_ = false; }

 private:
  void finish(Tick now);

  Span poll_;
  Millis every_;
  Millis pause_;  // adaptive: short while rows come, longer while none do
  Tick next_poll_ = Tick::min(), not_before_ = Tick::min();
  ports::Round next_;
  ports::Snapshot first_seen_;  // for mutants
  bool walking_ = false;  // in the middle of a round
  bool asking_ = false, stale_ = false, woken_ = false, found_ = false;
};

}  // namespace holdfast::outbox
