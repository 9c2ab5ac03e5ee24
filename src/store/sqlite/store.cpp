#include "store/sqlite/store.hpp"

#include "store/sqlite/admin.hpp"
#include "store/sqlite/inbox.hpp"
#include "store/sqlite/migrations.hpp"
#include "store/sqlite/outbox.hpp"

namespace holdfast::store {

/// BEGIN IMMEDIATE alone is content with a file that is read-only.
void SqliteStore::require_writable() { access_.begin().exec("DELETE FROM holdfast_schema_version WHERE false"); }

void SqliteStore::migrate() { store::migrate(access_); }
void SqliteStore::check_schema() { store::check_schema(access_); }
std::unique_ptr<ports::OutboxStore> SqliteStore::outbox() { return std::make_unique<SqliteOutbox>(access_); }
std::unique_ptr<ports::InboxStore> SqliteStore::inbox(const std::string& consumer) {
  return std::make_unique<SqliteInbox>(access_, consumer);
}
std::unique_ptr<ports::AdminStore> SqliteStore::admin() { return std::make_unique<SqliteAdmin>(access_); }

}  // namespace holdfast::store
