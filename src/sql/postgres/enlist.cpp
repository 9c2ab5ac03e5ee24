// The user's own connection: nothing is prepared on it, nothing is set.
#include <stdexcept>

#include "holdfast/postgres.hpp"
#include "sql/postgres/transaction.hpp"

namespace holdfast {
namespace {

void require_transaction(pg_conn* connection) {
  if (PQpipelineStatus(connection) != PQ_PIPELINE_OFF)
    throw std::logic_error("the connection is in a pipeline: leave it first (PQexitPipelineMode)");
  switch (PQtransactionStatus(connection)) {
    case PQTRANS_INTRANS: return;
    case PQTRANS_IDLE: throw std::logic_error("the connection is not in a transaction: open one first (BEGIN)");
    case PQTRANS_INERROR: throw std::logic_error("the transaction has failed: roll it back first");
    case PQTRANS_ACTIVE: throw std::logic_error("a statement is under way on the connection: take its results first");
    default: throw Transient("the connection is lost; its transaction is rolled back");
  }
}

TransactionRef::Answer execute(void* session, std::string_view sql, std::span<const detail::SqlValue> params) {
  auto* const connection = static_cast<pg_conn*>(session);
  require_transaction(connection);
  return postgres::run_once(connection, sql, params, PQdb(connection));
}

}  // namespace

TransactionRef enlist(pg_conn* connection) {
  require_transaction(connection);
  return TransactionRef(Dialect::postgres, connection, execute);
}

pg_conn* postgres::native(Transaction& tx) {
  if (auto* state = dynamic_cast<OpenTransaction*>(&tx.state())) return state->native();
  throw std::logic_error("this transaction is not one of a PostgreSQL store");
}

}  // namespace holdfast
