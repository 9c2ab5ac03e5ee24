// The user's own connection: nothing is cached on it, nothing is set.
#include <sqlite3.h>

#include <stdexcept>

#include "holdfast/sqlite.hpp"
#include "sql/sqlite/transaction.hpp"

namespace holdfast {
namespace {

void require_transaction(sqlite3* connection) {
  if (sqlite3_get_autocommit(connection) != 0)
    throw std::logic_error("the connection is in autocommit mode: open a transaction first (BEGIN IMMEDIATE)");
}

TransactionRef::Answer execute(void* session, std::string_view sql, std::span<const detail::SqlValue> params) {
  auto* const connection = static_cast<sqlite3*>(session);
  require_transaction(connection);
  return sqlite::run(connection, sqlite::prepare(connection, sql, false).get(), params);
}

}  // namespace

TransactionRef enlist(sqlite3* connection) {
  require_transaction(connection);
  return TransactionRef(Dialect::sqlite, connection, execute);
}

sqlite3* sqlite::native(Transaction& tx) {
  if (auto* state = dynamic_cast<OpenTransaction*>(&tx.state())) return state->native();
  throw std::logic_error("this transaction is not one of an SQLite store");
}

}  // namespace holdfast
