// Values that other threads leave for the one that owns a state machine. It takes them all at once.
#pragma once
#include <mutex>
#include <utility>
#include <vector>

namespace holdfast::host {

template <class T>
class Mailbox {
 public:
  void put(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
  }
  std::vector<T> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(values_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<T> values_;
};

}  // namespace holdfast::host
