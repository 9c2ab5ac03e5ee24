// The outbox table as the relay reads and marks it; each call is one statement. A snapshot is PostgreSQL's own: the next round is
// what it did not see, wherever its numbers are.
// Threads: one. Errors: as of the port.
#pragma once
#include "ports/outbox_store.hpp"
#include "store/postgres/access.hpp"

namespace holdfast::store {

class PostgresOutbox : public ports::OutboxStore {
 public:
  explicit PostgresOutbox(PostgresAccess access) : access_(std::move(access)) {}
  ports::Page read(const ports::Round& round, int limit, std::span<const std::string> without) override;
  std::vector<ports::OutboxRow> read_keys(std::span<const ports::KeyFrom> keys, int limit_each) override;
  int mark_published(std::span<const ports::RowRef> rows) override;
  void note_failure(std::span<const ports::RowRef> rows, const std::string& error, bool refused) override;
  bool renew(const std::string& owner, ports::Millis ttl) override;
  void release(const std::string& owner) override;
  bool retain(ports::Millis published, int limit) override;

 private:
  PostgresAccess access_;
};

}  // namespace holdfast::store
