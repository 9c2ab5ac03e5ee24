// One connection that publishes, as the relay knows it: opened when it is needed, again after a backoff when it is lost.
#pragma once
#include "outbox/backoff.hpp"

namespace holdfast::outbox {

struct SessionLine {
  explicit SessionLine(const RelayOptions& options) : backoff(options.reconnect) {}

  enum class State { down, opening, open, closing };
  State state = State::down;
  bool full = false;  // nothing is offered before its next pump
  bool standing = false;  // the broker said `blocked`: publish nothing, stop the timers
  ports::Tick stands_since{};
  bool on_purpose = false;  // we close it to start again: no failure
  Backoff backoff;

  bool usable() const { return state == State::open && !full && !standing; }
  bool openable(ports::Tick now) const { return state == State::down && !backoff.waiting(now); }
};

}  // namespace holdfast::outbox
