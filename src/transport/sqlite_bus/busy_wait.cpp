#include "transport/sqlite_bus/busy_wait.hpp"

#include <sqlite3.h>

namespace holdfast::transport::sqlite_bus {
namespace {

constexpr ports::Millis step{1};

}  // namespace

void BusyWait::serve(sqlite3* connection) {
  const auto again = [](void* self, int tries) { return static_cast<BusyWait*>(self)->wait(tries) ? 1 : 0; };
  sqlite3_busy_handler(connection, again, this);
}

bool BusyWait::wait(int tries) { return tries * step < most_ && !aborted_.wait_until(clock_.steady() + step); }

}  // namespace holdfast::transport::sqlite_bus
