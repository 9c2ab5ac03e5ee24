// Waits until so many things have happened on other threads.
#pragma once
#include <condition_variable>
#include <mutex>

namespace holdfast::bench {

class Countdown {
 public:
  explicit Countdown(int n) : left_(n) {}
  void down(int n) {
    const std::lock_guard lock(mutex_);
    left_ -= n;
    done_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return left_ <= 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  int left_;
};

}  // namespace holdfast::bench
