// Time for outbox/, inbox/ and host/; nobody there calls now() of <chrono>.
// Threads: any. A simulator moves both together; a test may let them drift apart.
// Due times and leases are the *database's* clock: they cross a store port as durations ("due in 5 s").
#pragma once
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

}  // namespace holdfast::ports
