// The PostgreSQL store: what is behind postgres::open. Threads: any.
#pragma once
#include "ports/store_base.hpp"
#include "store/postgres/access.hpp"

namespace holdfast::store {

class PostgresStore : public detail::StoreBase {
 public:
  PostgresStore(std::shared_ptr<sql::Database> database, const ports::Clock& clock)
      : access_{std::move(database), &clock} {}
  std::string name() const override { return access_.database->name(); }
  Dialect dialect() const override { return Dialect::postgres; }
  const ports::Clock& clock() const override { return *access_.clock; }
  Transaction begin() override { return access_.begin(); }
  Transaction begin_read() override { return access_.begin_read(); }
  void require_writable() override;
  void migrate() override;
  void check_schema() override;
  void expect_handlers_of(ports::Millis deadline) override { access_.database->expect_handlers_of(deadline); }
  void use_clock(const ports::Clock& clock) override { access_.now_clock = &clock; }
  std::unique_ptr<ports::OutboxStore> outbox() override;
  std::unique_ptr<ports::InboxStore> inbox(const std::string& consumer) override;
  std::unique_ptr<ports::AdminStore> admin() override;

 private:
  PostgresAccess access_;
};

}  // namespace holdfast::store
