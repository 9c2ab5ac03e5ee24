#include <stdexcept>

#include "ports/outbox_store.hpp"
#include "store/sqlite/outbox_writer.hpp"

namespace holdfast {

const ports::OutboxWriter& ports::outbox_writer(Dialect dialect) {
  static const store::SqliteOutboxWriter sqlite;
  if (dialect == Dialect::sqlite) return sqlite;
  throw std::logic_error("this build has no outbox for that database");
}

}  // namespace holdfast
