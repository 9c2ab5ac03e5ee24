// All in this process that use one bus file. They take turns at its one place for a writer instead of polling for SQLite's lock,
// and hear at once what one of them has published. Threads: any.
#pragma once
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "ports/waker.hpp"

namespace holdfast::transport::sqlite_bus {

class Neighbours {
 public:
  static std::shared_ptr<Neighbours> of(const std::string& file);

  std::mutex& turn() { return turn_; }
  void add(ports::Waker& waker);
  void remove(ports::Waker& waker);
  void wake() noexcept;

 private:
  std::mutex turn_, mutex_;
  std::set<ports::Waker*> wakers_;
};

}  // namespace holdfast::transport::sqlite_bus
