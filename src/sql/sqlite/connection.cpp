#include "sql/sqlite/connection.hpp"

#include <sqlite3.h>

#include <filesystem>

#include "holdfast/errors.hpp"
#include "sql/sqlite/errors.hpp"

namespace holdfast::sqlite {
namespace {

constexpr std::size_t most_statements = 200;  // a program whose SQL text differs each time must not fill the memory

/// Its memory statistics take one lock of all threads at each allocation. Where the program used SQLite before, this is
/// refused and they stay on.
void switch_off_memory_statistics() {
  [[maybe_unused]] static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

bool somebody_has(const std::string& file) {
  return std::filesystem::exists(file + "-wal") || std::filesystem::exists(file + "-journal");
}

}  // namespace

Connection::Connection(const std::string& file, std::chrono::milliseconds busy_timeout) : file_(file) {
  switch_off_memory_statistics();
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  try {
    if (sqlite3_open_v2(file.c_str(), &connection_, flags, nullptr) != SQLITE_OK) fail_open(connection_, file);
    configure(busy_timeout);
  } catch (...) {
    sqlite3_close(connection_);
    throw;
  }
}

std::unique_ptr<Connection> Connection::to_read(const std::string& file, std::chrono::milliseconds busy_timeout) {
  std::unique_ptr<Connection> out(new Connection(file));
  // Whoever has the file open has its -wal. Without one SQLite would make it, and could not take it away again; told that nobody
  // changes the file it makes nothing; require_rest() sees to it that this was true.
  const bool at_rest = !somebody_has(file) && std::filesystem::exists(file);
  if (at_rest) out->at_rest_since_ = std::filesystem::last_write_time(file);
  out->open_to_read(at_rest ? "&immutable=1" : "");
  sqlite3_busy_timeout(out->connection_, static_cast<int>(busy_timeout.count()));
  return out;
}

void Connection::open_to_read(const char* more) {
  std::string uri = "file:";
  for (const char c : file_) uri += c == '?' ? "%3f" : c == '#' ? "%23" : c == '%' ? "%25" : std::string(1, c);
  uri += std::string("?mode=ro") + more;
  const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (sqlite3_open_v2(uri.c_str(), &connection_, flags, nullptr) != SQLITE_OK ||
      sqlite3_exec(connection_, "SELECT 1 FROM sqlite_schema", nullptr, nullptr, nullptr) != SQLITE_OK)
    fail_open(connection_, file_);
}

Connection::~Connection() {
  statements_.clear();
  sqlite3_close(connection_);
}

void Connection::configure(std::chrono::milliseconds busy_timeout) {
  sqlite3_busy_timeout(connection_, static_cast<int>(busy_timeout.count()));
  use_wal();
  const char* settings =
      "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
      "PRAGMA cache_size = -1000";  // a mebibyte for each connection; what is not there the system has
  if (sqlite3_exec(connection_, settings, nullptr, nullptr, nullptr) != SQLITE_OK) fail_open(connection_, file_);
}

void Connection::use_wal() {
  // The switch does not wait for a lock, so two programs that open a new file at once would trip over each other.
  for (int tries = 0; tries < 10; ++tries) {
    if (sqlite3_exec(connection_, "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr) == SQLITE_OK) return;
    if ((sqlite3_errcode(connection_) & 0xff) != SQLITE_BUSY) break;
    if (sqlite3_exec(connection_, "BEGIN IMMEDIATE; ROLLBACK", nullptr, nullptr, nullptr) != SQLITE_OK) break;  // waits
  }
  fail_open(connection_, file_);
}

TransactionRef::Answer Connection::execute(std::string_view sql, std::span<const detail::SqlValue> params) {
  try {
    auto answer = run(connection_, statement(sql), params);
    require_rest();
    return answer;
  } catch (const Unavailable&) {
    if (is_fatal(connection_)) condemn();
    throw;
  }
}

void Connection::require_rest() {
  if (!at_rest_since_ || (!somebody_has(file_) && std::filesystem::last_write_time(file_) == *at_rest_since_)) return;
  condemn();
  throw Unavailable(file_ +
                    " was opened by a service while it was looked at, so what was read may be wrong; look again");
}

sqlite3_stmt* Connection::statement(std::string_view sql) {
  if (const auto known = statements_.find(sql); known != statements_.end()) return known->second.get();
  Statement made = prepare(connection_, sql, true);
  if (statements_.size() >= most_statements) statements_.clear();
  return statements_.emplace(sql, std::move(made)).first->second.get();
}

void Connection::begin(std::string_view sql) {
  sqlite3_stmt* const start = statement(sql);
  const bool done = sqlite3_step(start) == SQLITE_DONE;
  sqlite3_reset(start);
  if (done) return;
  if (is_fatal(connection_)) condemn();
  fail_open(connection_, file_);
}

void Connection::commit() {
  sqlite3_stmt* const end = statement("COMMIT");
  const bool done = sqlite3_step(end) == SQLITE_DONE;
  sqlite3_reset(end);
  if (done) return;
  if (is_fatal(connection_)) condemn();
  try {
    fail_commit(connection_, !in_transaction());
  } catch (...) {
    rollback();
    throw;
  }
}

void Connection::rollback() {
  if (in_transaction() && sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr) != SQLITE_OK) condemn();
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(connection_) == 0; }

void Connection::sync_commits(bool on) {
  if (on == syncs_) return;
  const char* sql = on ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL";
  if (sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(connection_);
  syncs_ = on;
}

}  // namespace holdfast::sqlite
