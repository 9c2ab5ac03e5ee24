// Time that stands still until a test moves it.
#pragma once
#include "ports/clock.hpp"

namespace conformance {

class HandMovedClock : public holdfast::ports::Clock {
 public:
  holdfast::ports::Tick steady() const override { return holdfast::ports::Tick(now_.time_since_epoch()); }
  holdfast::Timestamp utc() const override { return now_; }
  void advance(holdfast::ports::Millis by) { now_ += by; }

 private:
  holdfast::Timestamp now_ = holdfast::Timestamp(std::chrono::hours(24 * 20'000));
};

}  // namespace conformance
