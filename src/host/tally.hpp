// A counter of what somebody else counts, brought up to date when it is read. Threads: any.
#pragma once
#include <mutex>

#include "telemetry/metrics.hpp"

namespace holdfast::host {

class Tally {
 public:
  explicit Tally(telemetry::Counter counter) : counter_(counter) {}
  void bring_to(std::uint64_t count) const {
    const std::lock_guard lock(mutex_);
    if (count > told_) counter_.add(static_cast<double>(count - told_)), told_ = count;
  }

 private:
  telemetry::Counter counter_;
  mutable std::mutex mutex_;
  mutable std::uint64_t told_ = 0;
};

}  // namespace holdfast::host
