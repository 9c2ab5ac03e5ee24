// How long to wait after a failure: doubling from the first wait to the last.
#pragma once
#include <algorithm>

#include "outbox/options.hpp"
#include "ports/random.hpp"

namespace holdfast::outbox {

/// failures: in a row, this one included.
inline Millis wait_after(int failures, const Span& span) {
  const int doublings = std::clamp(failures - 1, 0, 30);
  return std::min(span.last, Millis(span.first.count() << doublings));
}

/// Full jitter: many that failed together do not come back together.
inline Millis jittered(Millis wait, ports::Random& random) { return Millis(random.up_to(wait.count())); }

/// Counts the failures in a row of one thing that all wait for, and says when it is tried again.
class Backoff {
 public:
  explicit Backoff(Span span) : span_(span) {}
  void failed(ports::Tick now, ports::Random& random) { wait(now, jittered(wait_after(++failures_, span_), random)); }
  void wait(ports::Tick now, Millis time) { until_ = now + time; }
  void succeeded() { failures_ = 0; }
  bool waiting(ports::Tick now) const { return now < until_; }
  int failures() const { return failures_; }
  ports::Tick until() const { return until_; }

 private:
  Span span_;
  int failures_ = 0;
  ports::Tick until_ = ports::Tick::min();
};

}  // namespace holdfast::outbox
