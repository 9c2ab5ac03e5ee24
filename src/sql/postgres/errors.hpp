// What PostgreSQL and libpq say, in Holdfast's words.
//   Transient     deadlock, lock timeout, lost connection: run again
//   Unavailable   away, starting, full, read-only; Refused (of these): it says no, a person must do something first
//   SqlError      the statement is wrong or breaks a constraint
// `name` is the database as logs show it.
#pragma once
#include <libpq-fe.h>

#include <memory>
#include <string>

namespace holdfast::postgres {

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ClearResult>;

/// Of a result that is an error, or null where the connection is lost.
[[noreturn]] void fail(PGconn* connection, const PGresult* result, const std::string& name);
/// Of a connection that could not be opened. Wants it opened with verbose errors: they bring the SQLSTATE.
[[noreturn]] void fail_connect(const std::string& message, const std::string& name, bool pooler);
[[noreturn]] void fail_timeout(const std::string& name);

std::string sqlstate(const PGresult* result);
/// The server ends a session with these.
bool ends_session(const std::string& sqlstate);

}  // namespace holdfast::postgres
