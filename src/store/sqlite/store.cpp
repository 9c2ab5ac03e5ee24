#include "store/sqlite/store.hpp"

#include "store/sqlite/admin.hpp"
#include "store/sqlite/inbox.hpp"
#include "store/sqlite/migrations.hpp"
#include "store/sqlite/outbox.hpp"

namespace holdfast::store {

/// BEGIN IMMEDIATE alone is content with a file that is read-only.
/// Whoever asks often must not make the disk busy: something is written only after a write failed, until one succeeds.
void SqliteStore::require_writable() {
  const auto trouble = access_.database->write_trouble();
  if (trouble && trouble->for_good) throw Unavailable(trouble->why);
  Transaction tx = access_.begin();
  if (!trouble) {
    tx.exec("DELETE FROM holdfast_schema_version WHERE false");
    return;
  }
  tx.exec("INSERT INTO holdfast_inbox_horizon(consumer, pruned_before) VALUES ('', 0)");  // an UPDATE to what is there
  tx.exec("DELETE FROM holdfast_inbox_horizon WHERE consumer = ''");  // would write no page
  tx.commit();
}

void SqliteStore::migrate() { store::migrate(access_); }
void SqliteStore::check_schema() { store::check_schema(access_); }
std::unique_ptr<ports::OutboxStore> SqliteStore::outbox() { return std::make_unique<SqliteOutbox>(access_); }
std::unique_ptr<ports::InboxStore> SqliteStore::inbox(const std::string& consumer) {
  return std::make_unique<SqliteInbox>(access_, consumer);
}
std::unique_ptr<ports::AdminStore> SqliteStore::admin() { return std::make_unique<SqliteAdmin>(access_); }

}  // namespace holdfast::store
