// How a receiver proves to other processes that it lives: an OS lock on one byte of the file BUS-receivers. The kernel lets go
// of it with the process, whatever ends that. Open-file-description locks: two receivers of one process exclude each other too.
// (A child that is forked and does not exec keeps its parent's lock: Holdfast starts none.)
// Threads: one at a time. Errors: Unavailable.
#pragma once
#include <cstdint>
#include <string>

namespace holdfast::transport::sqlite_bus {

class ReceiverLock {
 public:
  explicit ReceiverLock(const std::string& bus);
  ReceiverLock(const ReceiverLock&) = delete;
  ~ReceiverLock();

  void hold(std::int64_t receiver);  // this one, and no other any more
  void drop() noexcept;
  bool held_by_other(std::int64_t receiver) const;  // by another ReceiverLock, here or elsewhere

 private:
  std::string file_;
  int descriptor_ = -1;
};

}  // namespace holdfast::transport::sqlite_bus
