// How a thread waits for the broker and is called meanwhile: a socket and an eventfd. A call while nobody waits is kept.
// Threads: one waits; wake() and abort() from any.
#pragma once
#include <atomic>

#include "ports/clock.hpp"

namespace holdfast::transport::rabbitmq {

class Bell {
 public:
  explicit Bell(const ports::Clock& clock);  // Unavailable: no descriptors are left
  ~Bell();
  Bell(const Bell&) = delete;

  void wake() noexcept;
  void abort() noexcept;
  bool aborted() const noexcept { return aborted_; }
  /// Somebody called since the last one.
  bool take() noexcept;
  /// Whoever waits for something else: silences it, the call is kept for the next take().
  void keep() noexcept { kept_ = take(); }

  /// Until the descriptor is ready for these events of poll(), somebody calls, or time is up; what it is ready for.
  short wait(int descriptor, short events, ports::Tick until) const;
  const ports::Clock& clock() const { return clock_; }

 private:
  const ports::Clock& clock_;
  const int descriptor_;
  std::atomic<bool> aborted_ = false;
  bool kept_ = false;
};

}  // namespace holdfast::transport::rabbitmq
