// One queue's rows as a receiver uses them: look without writing; take and settle in an open write transaction.
// That an event was handed out is committed before anybody can work on it, so a crash in its handler shows as redelivery.
// Threads: one at a time. Errors: Unavailable.
#pragma once
#include <optional>

#include "transport/sqlite_bus/file.hpp"

namespace holdfast::transport::sqlite_bus {

struct Look {
  std::optional<std::int64_t> receiver;  // by_key: who has the queue
  std::int64_t handed_out = 0;
  bool present = false;  // this receiver's row is there
  bool more = false;  // events that nobody got yet; by_key: that this session did not get yet
  bool given_back = false;  // leases whose receiver is gone
  bool others = false;  // other receivers have events on lease
};

class WorkQueue {
 public:
  /// nullopt: no such queue was declared.
  static std::optional<WorkQueue> find(sqlite::Connection& connection, const std::string& name);

  std::int64_t id() const { return id_; }
  bool by_key() const { return by_key_; }

  Look look(std::int64_t receiver, std::int64_t after) const;
  void occupy(std::int64_t receiver) const;  // by_key
  /// The next ones by position, at most `most`, with session 0.
  std::vector<ports::Delivery> take_after(std::int64_t position, const Look& look, int most) const;  // by_key
  std::vector<ports::Delivery> take_on_lease(std::int64_t receiver, const Look& look, int most) const;
  void settle(const std::vector<std::int64_t>& positions) const;

 private:
  WorkQueue(sqlite::Connection& connection, std::int64_t id, bool by_key)
      : connection_(&connection), id_(id), by_key_(by_key) {}
  void mark_handed_out(const std::vector<ports::Delivery>& events) const;
  std::vector<ports::Delivery> take_given_back(std::int64_t receiver, int most) const;

  sqlite::Connection* connection_;
  std::int64_t id_;
  bool by_key_;
};

}  // namespace holdfast::transport::sqlite_bus
