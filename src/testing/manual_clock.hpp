// A clock that stands still until it is moved.
#pragma once
#include "ports/clock.hpp"

namespace holdfast::testing {

class ManualClock : public ports::Clock {
 public:
  ports::Tick steady() const override { return ports::Tick() + since_; }
  Timestamp utc() const override { return start_ + since_; }
  void move(ports::Millis by) { since_ += by; }

 private:
  static constexpr Timestamp start_ = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
  ports::Millis since_{1};
};

}  // namespace holdfast::testing
