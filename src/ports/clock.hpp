// Time for outbox/, inbox/ and host/; nobody there calls now() of <chrono>.
// Threads: any. A simulator moves both together; a test may let them drift apart.
// Due times and leases are the *database's* clock: they cross a store port as durations ("due in 5 s").
#pragma once
#include <algorithm>

#include "ports/values.hpp"

namespace holdfast::ports {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Tick steady() const = 0;    // backoff, handler deadline, poll interval
  virtual Timestamp utc() const = 0;  // occurred_at, UUIDv7, SQLite's now. Never compared with another machine's
};

/// The machine's.
const Clock& system_clock();

/// How long a system call may wait until then: in milliseconds, rounded up, for who comes back a moment early would only come again; an
/// hour at most. 0: that time is over, were it Tick::min(), from which nothing can be subtracted.
inline int milliseconds_left(Tick until, Tick now) {
  constexpr Millis most = std::chrono::hours(1);
  if (until <= now) return 0;
  return static_cast<int>(std::min(std::chrono::ceil<Millis>(until - now), most).count());
}

}  // namespace holdfast::ports
