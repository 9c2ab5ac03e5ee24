// One session with a PostgreSQL server, set up as Holdfast needs it; statements are prepared once and cached by their text.
// Threads: one at a time. Errors: see errors.hpp.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "holdfast/transaction.hpp"
#include "sql/postgres/errors.hpp"
#include "sql/postgres/pipeline.hpp"
#include "sql/postgres/settings.hpp"

namespace holdfast::postgres {

/// A statement on any connection, not prepared: also on one that Holdfast did not open.
TransactionRef::Answer run_once(PGconn* connection, std::string_view sql, std::span<const detail::SqlValue> params,
                                const std::string& name);

/// A statement that waits for the commit.
struct Held {
  std::string sql;
  std::vector<detail::SqlValue> params;
};

class Connection {
 public:
  /// Unavailable when it cannot be had in time; Refused when the server says no, or forgets what a session is set to.
  Connection(const Settings& settings, const std::string& name, const Variables& variables);
  Connection(const Connection&) = delete;
  ~Connection();

  /// The transaction begins with the next statement, in its round trip.
  void begin_with_next(std::vector<std::string> statements) { begin_ = std::move(statements); }
  /// xid, where it is given and empty: the number of the transaction, asked for in the same round trip; "" = it has none yet.
  TransactionRef::Answer execute(std::string_view sql, std::span<const detail::SqlValue> params,
                                 std::string* xid = nullptr);
  /// The number of the transaction, by itself; "" = it has none yet.
  std::string xid();
  /// Now, where it waits for a statement.
  void begin();
  bool begun() const { return begin_.empty(); }
  bool keeps_statements() const { return !pooler_; }  ///< prepared ones, and so pipelines
  /// Together with what was held until then, in one round trip. false: the connection was lost, and with it the answer.
  bool commit(std::span<const Held> last = {});
  void rollback() noexcept;  // harmless where nothing is open

  bool in_transaction() const { return PQtransactionStatus(connection_) == PQTRANS_INTRANS; }
  /// Whether the server is still there, without asking it: it may have closed an idle session.
  bool alive();
  /// false: never use it again.
  bool usable() const;
  void condemn() { condemned_ = true; }
  PGconn* native() const { return connection_; }
  /// The run of the server: another one after a restart or a crash.
  const std::string& incarnation() const { return incarnation_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  void open(const Settings& settings, const Variables& variables);
  /// Several statements in one round trip, no parameters, no rows.
  void command(const std::string& text);
  void check(const Settings& settings, const Variables& variables);
  Statement& prepared(std::string_view sql);
  void prepare(std::span<const std::string_view> all);
  std::vector<Result> commit_with(std::span<const Held> last);
  TransactionRef::Answer take(Statement& statement, Result result);
  TransactionRef::Answer execute_together(std::string_view sql, std::span<const detail::SqlValue> params,
                                          std::string* xid);
  TransactionRef::Answer execute_alone(std::string_view sql, std::span<const detail::SqlValue> params);

  const std::string name_;
  const bool pooler_;
  PGconn* connection_ = nullptr;
  bool condemned_ = false;
  std::string incarnation_;
  std::vector<std::string> begin_;  // to be sent before the next statement
  std::unordered_map<std::string, Statement, Hash, std::equal_to<>> statements_;
  int statement_count_ = 0;
};

}  // namespace holdfast::postgres
