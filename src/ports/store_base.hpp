// What is behind a Store: transactions for the user, ports for the host. Threads: any.
#pragma once
#include <memory>

#include "holdfast/errors.hpp"
#include "holdfast/store.hpp"
#include "ports/admin_store.hpp"
#include "ports/clock.hpp"
#include "ports/inbox_store.hpp"
#include "ports/outbox_store.hpp"

namespace holdfast::detail {

/// The tables are missing or of an older version.
struct NeedsMigration : Invalid {
  using Invalid::Invalid;
};

class StoreBase {
 public:
  virtual ~StoreBase() = default;
  virtual std::string name() const = 0;  // for logs, without secrets: "sqlite:orders.db"
  virtual Dialect dialect() const = 0;
  virtual const ports::Clock& clock() const = 0;
  virtual Transaction begin() = 0;
  /// For who only reads: everything as it is at one moment.
  virtual Transaction begin_read() = 0;
  /// Throws unless it could write. Changes nothing that anybody could see.
  virtual void require_writable() { (void)begin(); }
  virtual void migrate() = 0;
  /// Throws Invalid (what to do) unless the schema is what this program can work with; NeedsMigration where migrate() cures it.
  virtual void check_schema() = 0;
  /// A handler may take so long; before the first inbox transaction.
  virtual void expect_handlers_of(ports::Millis) {}
  /// Tests only, before the ports are made: the store's now, by which due times and leases go, is this clock's.
  virtual void use_clock(const ports::Clock& clock);
  virtual std::unique_ptr<ports::OutboxStore> outbox() = 0;
  virtual std::unique_ptr<ports::InboxStore> inbox(const std::string& consumer) = 0;
  virtual std::unique_ptr<ports::AdminStore> admin() = 0;
};

}  // namespace holdfast::detail
