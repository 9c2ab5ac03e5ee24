#include "inbox/pause.hpp"

namespace holdfast::inbox {

void Pause::unavailable(ports::Tick now, const Culprit& culprit, bool was_probe) {
  if (on() && !was_probe) return;
  if (!on()) culprit_ = culprit;
  until_ = now + backoff_.after(++failures_);
}

void Pause::over() {
  culprit_.reset();
  failures_ = 0;
}

}  // namespace holdfast::inbox
