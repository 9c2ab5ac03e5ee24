#include "outbox/round.hpp"

#include <algorithm>

#include "ports/mutants.hpp"

namespace holdfast::outbox {

void Rounds::restart(Tick now) {
  if (mutant("error_starts_no_full_round")) return;
  stale_ = asking_;
  walking_ = false;
  pause_ = poll_.first;
  next_poll_ = now;
  next_ = {};
}

Tick Rounds::next() const {
  if (asking_) return Tick::max();
  if (walking_) return Tick::min();
  return woken_ ? not_before_ : next_poll_;
}

ports::Round Rounds::ask(Tick now) {
  asking_ = true;
  if (!walking_) {
    woken_ = found_ = false;
    not_before_ = now + every_;
  } else if (mutant("later_pages_not_filtered") || mutant("next_round_from_last_page_snapshot")) {
    first_seen_ = next_.as_of;
    next_.as_of = {};
  }
  return next_;
}

bool Rounds::answered(Tick now, const ports::Page& page) {
  asking_ = false;
  if (stale_) {
    stale_ = false;
    HOLDFAST_MARK("round.stale_page");
    return false;
  }
  const bool later_page = walking_;
  next_ = page.next;
  walking_ = !page.last;
  found_ = found_ || !page.rows.empty();
  if (page.last) finish(now);
  if (later_page && mutant("later_pages_not_filtered")) (page.last ? next_.not_seen_by : next_.as_of) = first_seen_;
  if (later_page) HOLDFAST_MARK("round.later_page");
  return true;
}

void Rounds::finish(Tick now) {
  pause_ = found_ ? poll_.first : std::min(poll_.last, pause_ * 2);
  next_poll_ = now + pause_;
}

}  // namespace holdfast::outbox
