#include "store/postgres/store.hpp"

#include "holdfast/errors.hpp"
#include "store/postgres/admin.hpp"
#include "store/postgres/inbox.hpp"
#include "store/postgres/migrations.hpp"
#include "store/postgres/outbox.hpp"

namespace holdfast::store {

void PostgresStore::require_writable() {
  auto rows = access_.run(sql::Durability::full, "SELECT pg_is_in_recovery()");
  if (Fields(rows.at(0)).flag())
    throw Unavailable(name() + ": it is a standby and takes no writes; is the URL that of the primary?");
}

void PostgresStore::migrate() { migrate_postgres(access_); }
void PostgresStore::check_schema() { check_postgres_schema(access_); }
std::unique_ptr<ports::OutboxStore> PostgresStore::outbox() { return std::make_unique<PostgresOutbox>(access_); }
std::unique_ptr<ports::InboxStore> PostgresStore::inbox(const std::string& consumer) {
  return std::make_unique<PostgresInbox>(access_, consumer);
}
std::unique_ptr<ports::AdminStore> PostgresStore::admin() { return std::make_unique<PostgresAdmin>(access_); }

}  // namespace holdfast::store
