// A payment gateway, for handlers that call outside.
#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

#include "holdfast/event.hpp"

namespace holdfast::host_test {

/// What is outside: slow enough that both instances call it, and it knows one key from another.
class Gateway {
 public:
  void charge(const EventId& key) {
    std::unique_lock lock(mutex_);
    charged_.insert(key.to_string());
    ++calls_;
    both_.notify_all();
    EXPECT_TRUE(both_.wait_for(lock, std::chrono::minutes(1), [this] { return calls_ >= 2; }));
  }
  std::size_t charges() const { return charged_.size(); }

 private:
  std::mutex mutex_;
  std::condition_variable both_;
  std::set<std::string> charged_;
  int calls_ = 0;
};

}  // namespace holdfast::host_test
