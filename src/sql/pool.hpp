// Connections that are handed out in the order in which they were asked for. Opens them as needed, keeps them, and throws
// away those that came back unusable.
// Threads: any. take() throws Unavailable when none is free within the timeout, and whatever opening one throws.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "holdfast/errors.hpp"

namespace holdfast::sql {

template <class Connection>  // has bool usable() const
class Pool {
 public:
  using Open = std::function<std::unique_ptr<Connection>()>;
  struct Options {
    int size = 1;
    std::chrono::milliseconds timeout = std::chrono::seconds(5);
    std::string exhausted = "no connection became free";  // what happened, in words
    std::function<void()> on_wait = {};  // for tests: somebody begins to wait; called under the lock
  };

  Pool(Options options, Open open) : options_(std::move(options)), open_(std::move(open)), free_(options_.size) {}

  struct Return {
    Pool* pool = nullptr;
    void operator()(Connection* connection) const { pool->give(std::unique_ptr<Connection>(connection)); }
  };
  using Lease = std::unique_ptr<Connection, Return>;

  Lease take() {
    wait_for_turn();
    try {
      std::unique_ptr<Connection> connection = idle();
      if (!connection) connection = open_();
      return Lease(connection.release(), Return{this});
    } catch (...) {
      give(nullptr);
      throw;
    }
  }

 private:
  struct Waiter {
    std::condition_variable called;
    bool served = false;
  };

  void wait_for_turn() {
    std::unique_lock lock(mutex_);
    if (free_ > 0) {
      --free_;
      return;
    }
    const auto me = waiting_.emplace(waiting_.end());
    if (options_.on_wait) options_.on_wait();
    me->called.wait_for(lock, options_.timeout, [&] { return me->served; });
    const bool served = me->served;
    waiting_.erase(me);
    if (!served) throw Unavailable(options_.exhausted + "; nothing was changed, try again later");
  }

  std::unique_ptr<Connection> idle() {
    std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }

  void give(std::unique_ptr<Connection> connection) {
    if (connection && !connection->usable()) connection.reset();
    std::lock_guard lock(mutex_);
    if (connection) idle_.push_back(std::move(connection));
    for (auto& waiter : waiting_) {
      if (waiter.served) continue;
      waiter.served = true;  // the place goes straight to who has waited longest: nobody overtakes
      waiter.called.notify_one();
      return;
    }
    ++free_;
  }

  const Options options_;
  const Open open_;
  std::mutex mutex_;
  int free_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::list<Waiter> waiting_;
};

}  // namespace holdfast::sql
