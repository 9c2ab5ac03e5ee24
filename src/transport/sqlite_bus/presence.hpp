// A receiver as others see it: its row, its OS lock, what it has on lease. Leases of one whose lock is gone, or that has not
// renewed its row in time, are free.
// Threads: one at a time. Errors: Unavailable. The functions that change anything run in an open write transaction.
#pragma once
#include <optional>

#include "transport/sqlite_bus/file.hpp"
#include "transport/sqlite_bus/receiver_lock.hpp"

namespace holdfast::transport::sqlite_bus {

class Presence {
 public:
  Presence(std::shared_ptr<const File> file, std::string instance);

  /// Appears under a new id. What an earlier id had on lease is given back.
  void appear(sqlite::Connection& connection, std::int64_t queue);
  /// false: somebody thought it dead; its leases are others'.
  bool renew(sqlite::Connection& connection);
  bool must_renew() const;
  void vanish() noexcept { lock_.drop(); }  // needs no database: the lock alone says it

  std::int64_t id() const { return id_; }
  bool some_are_gone(sqlite::Connection& connection) const;
  void give_back_for_the_gone(sqlite::Connection& connection) const;

 private:
  std::vector<std::int64_t> gone(sqlite::Connection& connection) const;

  const std::shared_ptr<const File> file_;
  const std::string instance_;
  ReceiverLock lock_;
  std::int64_t queue_ = 0, id_ = 0;
  ports::Tick renew_at_{};
};

/// A living receiver of the queue: its instance.
std::optional<std::string> anybody(const File& file, sqlite::Connection& connection, std::int64_t queue);

}  // namespace holdfast::transport::sqlite_bus
