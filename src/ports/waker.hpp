// How a pump() waits: until a time, or until somebody calls. A call while nobody waits is kept for the next wait.
// Threads: one waits; wake() and abort() from any.
#pragma once
#include <condition_variable>
#include <mutex>

#include "ports/values.hpp"

namespace holdfast::ports {

class Waker {
 public:
  /// true: somebody called. After abort() at once, always.
  bool wait_until(Tick until) {
    std::unique_lock lock(mutex_);
    const bool called = called_.wait_until(lock, until, [this] { return wanted_ || aborted_; });
    wanted_ = false;
    return called;
  }
  void wake() noexcept { set(wanted_); }
  void abort() noexcept { set(aborted_); }
  bool aborted() const noexcept {
    const std::lock_guard lock(mutex_);
    return aborted_;
  }

 private:
  void set(bool& flag) noexcept {
    const std::lock_guard lock(mutex_);
    flag = true;
    called_.notify_one();
  }

  mutable std::mutex mutex_;
  std::condition_variable called_;
  bool wanted_ = false, aborted_ = false;
};

}  // namespace holdfast::ports
