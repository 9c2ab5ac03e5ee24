// All in this process that use one bus file. They take turns at its one place for a writer instead of polling for SQLite's lock,
// and hear at once what one of them has published. Threads: any.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "ports/waker.hpp"

namespace holdfast::transport::sqlite_bus {

class Neighbours {
 public:
  static std::shared_ptr<Neighbours> of(const std::string& file);

  /// In the order in which they came: a mutex may let the same one in again and again.
  class Turn {
   public:
    explicit Turn(Neighbours& all);
    Turn(const Turn&) = delete;
    ~Turn();

   private:
    Neighbours& all_;
  };

  void add(ports::Waker& waker);
  void remove(ports::Waker& waker);
  void wake() noexcept;

 private:
  std::mutex mutex_;
  std::condition_variable called_;
  std::uint64_t next_ = 0, served_ = 0;
  std::set<ports::Waker*> wakers_;
};

}  // namespace holdfast::transport::sqlite_bus
