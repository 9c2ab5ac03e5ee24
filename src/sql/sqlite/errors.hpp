// SQLite's result codes in Holdfast's words.
//   Transient     another transaction was in the way: run again
//   Unavailable   full, read-only, damaged, not a database, cannot be opened or read: wait, or see to it
//   SqlError      the statement is wrong or breaks a constraint; sqlstate() is the nearest of PostgreSQL's
// A lock that another process held for the whole busy timeout is Unavailable where a transaction begins and Transient inside one.
#pragma once
#include <string>

#include "holdfast/errors.hpp"

struct sqlite3;

namespace holdfast::sqlite {

/// The file is none of SQLite's, or its first page is damaged.
struct NotADatabase : Unavailable {
  using Unavailable::Unavailable;
};

[[noreturn]] void fail(sqlite3* connection);
/// The same for what went wrong at COMMIT. InDoubt where the bytes were written and nobody knows whether they are on disk.
[[noreturn]] void fail_commit(sqlite3* connection, bool rolled_back);
/// The file that does not open, or whose lock cannot be had.
[[noreturn]] void fail_open(sqlite3* connection, const std::string& file);
/// Never to be used again after this one.
bool is_fatal(sqlite3* connection);

}  // namespace holdfast::sqlite
