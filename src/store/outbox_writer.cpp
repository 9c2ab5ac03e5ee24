#include "store/postgres/outbox_writer.hpp"
#include "ports/outbox_store.hpp"
#include "store/sqlite/outbox_writer.hpp"

namespace holdfast {

const ports::OutboxWriter& ports::outbox_writer(Dialect dialect) {
  static const store::SqliteOutboxWriter sqlite;
  static const store::PostgresOutboxWriter postgres;
  if (dialect == Dialect::sqlite) return sqlite;
  return postgres;
}

}  // namespace holdfast
