// The outbox's port on the simulated server. Each call is a transaction of its own; an answer may be lost, before or after it took place.
#pragma once
#include "simulation/database/session.hpp"

namespace sim {

class SimOutboxStore : public ports::OutboxStore {
 public:
  explicit SimOutboxStore(Database& database) : database_(database), connected_(database.scheduler.now) {}

  ports::Page read(const ports::Round& round, int limit, std::span<const std::string> without) override;
  std::vector<ports::OutboxRow> read_keys(std::span<const ports::KeyFrom> keys, int limit_each) override;
  int mark_published(std::span<const ports::RowRef> rows) override;
  void note_failure(std::span<const ports::RowRef> rows, const std::string& error, bool refused) override;
  bool renew(const std::string& owner, Millis ttl) override;
  void release(const std::string& owner) override;
  bool retain(Millis published, int limit) override;

  // What an operator does (AdminStore's acts).
  int retry_refused(const ports::RowRef& row);
  int discard_pending(const ports::RowRef& row);
  bool republish(ports::Seq published);

  std::function<void(const ports::RowRef&)> on_mark = [](const ports::RowRef&) {};
  std::function<void(const ports::OutboxRow&)> on_refuse = [](const ports::OutboxRow&) {};
  std::function<bool(const std::string& owner)> owner_lives = [](const std::string&) { return true; };

 private:
  void call();  // Unavailable: nothing happened
  void answer();  // Unavailable: nobody knows what happened
  void check_connection();
  Database::Pending* pending(const ports::RowRef& row);

  Database& database_;
  Time connected_;
};

/// Beneath the outbox; the connection is a Session.
class SimOutboxWriter : public ports::OutboxWriter {
 public:
  void append(holdfast::TransactionRef tx, std::span<const ports::OutgoingEvent> events) const override;
};

}  // namespace sim
