// One connection to an SQLite file: opened as Holdfast needs it, statements cached by their text.
// Threads: one at a time. Errors: see errors.hpp.
#pragma once
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "holdfast/transaction.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace holdfast::sqlite {

struct CloseStatement {
  void operator()(sqlite3_stmt* statement) const;
};
using Statement = std::unique_ptr<sqlite3_stmt, CloseStatement>;

/// One statement; more than one in the text is an error. `keep`: it will be run again and again.
Statement prepare(sqlite3* connection, std::string_view sql, bool keep);
TransactionRef::Answer run(sqlite3* connection, sqlite3_stmt* statement, std::span<const detail::SqlValue> params);

class Connection {
 public:
  /// busy_timeout: how long a lock of another process is waited for.
  Connection(const std::string& file, std::chrono::milliseconds busy_timeout);
  /// To look: neither the file is made nor, where nobody has it open, the -wal and -shm beside it.
  static std::unique_ptr<Connection> to_read(const std::string& file, std::chrono::milliseconds busy_timeout);
  Connection(const Connection&) = delete;
  ~Connection();

  TransactionRef::Answer execute(std::string_view sql, std::span<const detail::SqlValue> params);
  /// "BEGIN IMMEDIATE" takes the one place for a writer; Unavailable if another process keeps it for the whole timeout.
  void begin(std::string_view sql);
  void commit();
  void rollback();  // harmless where nothing is open
  bool in_transaction() const;
  sqlite3* native() const { return connection_; }
  /// false: never use it again (the file was damaged or went away under it).
  bool usable() const { return usable_; }
  void condemn() { usable_ = false; }
  void sync_commits(bool on);

 private:
  explicit Connection(const std::string& file) : file_(file) {}
  void open_to_read(const char* more);
  void require_rest();
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  void configure(std::chrono::milliseconds busy_timeout);
  void use_wal();
  sqlite3_stmt* statement(std::string_view sql);

  std::string file_;
  sqlite3* connection_ = nullptr;
  bool usable_ = true, syncs_ = true;
  std::optional<std::filesystem::file_time_type> at_rest_since_;  // read as a file that nobody changes
  std::unordered_map<std::string, Statement, Hash, std::equal_to<>> statements_;
};

}  // namespace holdfast::sqlite
