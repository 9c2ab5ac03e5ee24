// One thread for small errands, one after the other: looking for due events, so that no consume thread waits for SQL.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace holdfast::host {

class ErrandRunner {
 public:
  ErrandRunner() : thread_([this](const std::stop_token& stop) { work(stop); }) {}
  void run(std::function<void()> errand) {
    const std::lock_guard lock(mutex_);
    errands_.push_back(std::move(errand));
    changed_.notify_one();
  }

 private:
  void work(const std::stop_token& stop) {
    for (std::unique_lock lock(mutex_);;) {
      if (!changed_.wait(lock, stop, [this] { return !errands_.empty(); })) return;
      const auto errand = std::move(errands_.front());
      errands_.pop_front();
      lock.unlock();
      errand();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> errands_;
  std::jthread thread_;
};

}  // namespace holdfast::host
