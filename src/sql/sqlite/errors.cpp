#include "sql/sqlite/errors.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <stdexcept>

#include "holdfast/errors.hpp"

namespace holdfast::sqlite {
namespace {

std::string name_of(sqlite3* connection) {
  const char* name = connection ? sqlite3_db_filename(connection, "main") : nullptr;
  return name && *name ? name : "the database in memory";
}

/// Why nothing can be done with the database now; null: that is not it.
const char* why_unavailable(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return "the disk is full, or the file has reached its largest size; free some space";
    case SQLITE_READONLY:
    case SQLITE_PERM: return "it is read-only for this program; check the rights on the file and on its folder";
    case SQLITE_IOERR: return "reading or writing the file failed; check the disk, and quotas";
    case SQLITE_CANTOPEN: return "it cannot be opened; check that the folder exists and may be written";
    case SQLITE_CORRUPT: return "the file is damaged; restore it from a backup";
    case SQLITE_NOTADB: return "the file is not an SQLite database, or is damaged; check the path, or restore a backup";
    case SQLITE_NOLFS: return "the file is too large for this system";
    case SQLITE_NOMEM: return "memory ran out";
    default: return nullptr;
  }
}

const char* constraint_state(int extended) {
  switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return "23505";
    case SQLITE_CONSTRAINT_NOTNULL: return "23502";
    case SQLITE_CONSTRAINT_FOREIGNKEY: return "23503";
    case SQLITE_CONSTRAINT_CHECK: return "23514";
    default: return "23000";
  }
}

const char* sqlstate(int extended, std::string_view message) {
  switch (extended & 0xff) {
    case SQLITE_CONSTRAINT: return constraint_state(extended);
    case SQLITE_MISMATCH: return "42804";
    case SQLITE_TOOBIG: return "54000";
    case SQLITE_AUTH: return "42501";
    default: break;
  }
  if (message.starts_with("no such table")) return "42P01";
  if (message.starts_with("no such column")) return "42703";
  return "42601";
}

[[noreturn]] void unavailable(sqlite3* connection, const char* why) {
  throw Unavailable(
      fmt::format("{}: {}. Nothing was changed ({})", name_of(connection), why, sqlite3_errmsg(connection)));
}

bool is_lock(int code) { return (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED; }

}  // namespace

void fail(sqlite3* connection) {
  const int code = sqlite3_extended_errcode(connection);
  const std::string message = sqlite3_errmsg(connection);
  if (is_lock(code) || (code & 0xff) == SQLITE_INTERRUPT)
    throw Transient(fmt::format("{}: another transaction was in the way; rolled back, may run again ({})",
                                name_of(connection), message));
  if (const char* why = why_unavailable(code)) unavailable(connection, why);
  if ((code & 0xff) == SQLITE_MISUSE) throw std::logic_error("SQLite was misused: " + message);
  throw SqlError(sqlstate(code, message), message);
}

void fail_commit(sqlite3* connection, bool rolled_back) {
  // An error while the log was synced: its frames may be whole, and then a restart after a power cut finds the commit.
  // A frame that could not be written (a quota that is used up) is no commit.
  const int code = sqlite3_extended_errcode(connection);
  if (rolled_back && (code & 0xff) == SQLITE_IOERR && code != SQLITE_IOERR_WRITE)
    throw InDoubt(fmt::format("{}: the disk failed during a commit; it may or may not survive ({})",
                              name_of(connection), sqlite3_errmsg(connection)));
  fail(connection);
}

void fail_open(sqlite3* connection, const std::string& file) {
  const int code = sqlite3_extended_errcode(connection);
  if (is_lock(code))
    throw Unavailable(file + ": another process holds the database; nothing was changed, it is tried again (" +
                      sqlite3_errmsg(connection) + ")");
  if (const char* why = why_unavailable(code)) {
    const auto what = fmt::format("{}: {}. Nothing was changed ({})", file, why, sqlite3_errmsg(connection));
    if ((code & 0xff) == SQLITE_NOTADB) throw NotADatabase(what);
    throw Unavailable(what);
  }
  fail(connection);
}

bool is_fatal(sqlite3* connection) {
  switch (sqlite3_errcode(connection) & 0xff) {
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY: return true;
    default: return false;
  }
}

}  // namespace holdfast::sqlite
