// PostgreSQL 13 to 18 by libpq: a store, and your own connection as part of it. Link holdfast::postgres.
//
//   holdfast::Store store = holdfast::postgres::open({.url = "postgres://app@db/orders"});
//   outbox.publish(holdfast::enlist(my_pgconn), OrderCreated{...});       // in your transaction, by your connection
//
// Connections are shared: what a statement sets for its session (SET, DEALLOCATE ALL, a temporary table) meets other transactions
// later. SET LOCAL does not.
// Threads: a Store is thread-safe; an enlisted connection belongs to who opened it.
// Errors: Invalid (no such URL), Unavailable (away, refused: the text says which, and what to do).
#pragma once
#include <chrono>
#include <string>

#include "holdfast/store.hpp"

struct pg_conn;  // PGconn of <libpq-fe.h>, not included here

namespace holdfast {
namespace postgres {

struct Options {
  std::string url;  // postgres://user@host:5432/db?sslmode=verify-full; what is missing: PG* variables
  int connections = 10;
  std::chrono::milliseconds acquire_timeout = std::chrono::seconds(5);
  bool pooler = false;  // behind PgBouncer and its like: nothing is kept in a session
};
Store open(Options options);
pg_conn* native(Transaction& tx);  ///< the connection under it, for libpq calls of your own; do not end the transaction
}  // namespace postgres

/// Your open transaction. std::logic_error unless it is in a transaction that has not failed, and in no pipeline.
TransactionRef enlist(pg_conn* connection);

}  // namespace holdfast
