#include "inbox/pause.hpp"

namespace holdfast::inbox {

void Pause::unavailable(ports::Tick now, const Culprit& culprit, bool was_probe) {
  if (on() && !was_probe) return;
  if (on()) tried_.insert(culprit.id);
  else culprit_ = culprit;
  until_ = now + backoff_.after(++failures_);
}

void Pause::over() {
  culprit_.reset();
  tried_.clear();
  failures_ = 0;
}

}  // namespace holdfast::inbox
