// How a connection waits for the place of the one writer when another process has it: in short steps. SQLite's own steps grow
// to 100 ms, and a writer that comes back at once would starve all others. abort(), from any thread, ends the wait.
#pragma once
#include "ports/clock.hpp"
#include "ports/waker.hpp"

struct sqlite3;

namespace holdfast::transport::sqlite_bus {

class BusyWait {
 public:
  BusyWait(const ports::Clock& clock, ports::Millis most) : clock_(clock), most_(most) {}
  void serve(sqlite3* connection);  // which must not outlive it
  void abort() noexcept { aborted_.abort(); }

 private:
  bool wait(int tries);

  const ports::Clock& clock_;
  const ports::Millis most_;
  ports::Waker aborted_;
};

}  // namespace holdfast::transport::sqlite_bus
