// The SQLite store: what is behind sqlite::open. Threads: any.
#pragma once
#include "ports/store_base.hpp"
#include "store/sqlite/access.hpp"

namespace holdfast::store {

class SqliteStore : public detail::StoreBase {
 public:
  SqliteStore(std::shared_ptr<sql::Database> database, const ports::Clock& clock)
      : access_{std::move(database), &clock} {}
  std::string name() const override { return access_.database->name(); }
  Dialect dialect() const override { return Dialect::sqlite; }
  const ports::Clock& clock() const override { return *access_.clock; }
  Transaction begin() override { return access_.begin(); }
  Transaction begin_read() override { return access_.begin_read(); }
  void require_writable() override;
  void migrate() override;
  void check_schema() override;
  void use_clock(const ports::Clock& clock) override { access_.clock = &clock; }
  std::unique_ptr<ports::OutboxStore> outbox() override;
  std::unique_ptr<ports::InboxStore> inbox(const std::string& consumer) override;
  std::unique_ptr<ports::AdminStore> admin() override;

 private:
  Access access_;
};

}  // namespace holdfast::store
