// SQL inside one transaction, and TransactionRef: any open transaction, whoever opened it.
//
//   auto id = tx.query<std::int64_t>("INSERT INTO orders(customer_id, total) VALUES ($1, $2) RETURNING id",
//                                    77, 1499.00_money).one();
//   for (auto [product, qty] : tx.query<std::int64_t, int>("SELECT product, qty FROM stock"))  ...
//
// Placeholders are $1, $2, ... on PostgreSQL and SQLite; statements are prepared once a connection and cached.
// The placeholders are portable, the SQL is yours: dialect() tells which one you speak.
// Parameters and columns: bool, integers, double, text, Bytes, Decimal, EventId, Timestamp, std::optional of these;
// a std::vector of these is an array in PostgreSQL (unnest($1)) and JSON text in SQLite (json_each($1)).
// Threads: one at a time. Lifetime: Rows own their data; a TransactionRef must not outlive its transaction.
// Errors: SqlError, Transient (a deadlock, the connection lost: rolled back, may run again), Unavailable; after any of them only
// rollback is possible. A connection lost during COMMIT: InDoubt where nobody can tell what became of it.
#pragma once
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "holdfast/decimal.hpp"
#include "holdfast/errors.hpp"
#include "holdfast/event.hpp"

namespace holdfast {

enum class Dialect { postgres, sqlite };

/// Binary data: a BLOB in SQLite, bytea in PostgreSQL. A std::string is text.
struct Bytes {
  std::string data;
  bool operator==(const Bytes&) const = default;
};

namespace detail {
using SqlScalar = std::variant<std::monostate, std::int64_t, double, std::string, Bytes>;  // monostate is NULL
struct SqlList {
  std::vector<SqlScalar> items;
  bool operator==(const SqlList&) const = default;
};
struct SqlValue {  // one parameter or field; a list is only ever a parameter
  std::variant<std::monostate, std::int64_t, double, std::string, Bytes, SqlList> value;
};
using SqlRow = std::vector<SqlValue>;

SqlValue to_sql(bool value);
SqlValue to_sql(std::int64_t value);
SqlValue to_sql(double value);
SqlValue to_sql(std::string_view value);
SqlValue to_sql(const Bytes& value);
SqlValue to_sql(const EventId& value);
SqlValue to_sql(Timestamp value);
template <std::integral T>
  requires(!std::is_same_v<T, bool> && !std::is_same_v<T, std::int64_t>)
SqlValue to_sql(T value) {
  static_assert(std::is_signed_v<T> || sizeof(T) < 8, "SQL has no uint64");
  return to_sql(static_cast<std::int64_t>(value));
}
inline SqlValue to_sql(const char* value) { return to_sql(std::string_view(value)); }
inline SqlValue to_sql(const std::string& value) { return to_sql(std::string_view(value)); }
template <int Scale>
SqlValue to_sql(const Decimal<Scale>& value) {
  return to_sql(std::string_view(value.to_string()));
}
template <class T>
SqlValue to_sql(const std::optional<T>& value) {
  return value ? to_sql(*value) : SqlValue{};
}
void add_to(SqlList& list, SqlValue item);  // a list in a list: SqlError
template <class T>
SqlValue to_sql(const std::vector<T>& values) {
  SqlList list;
  list.items.reserve(values.size());
  for (const T& value : values) add_to(list, to_sql(value));
  return {std::move(list)};
}

void from_sql(const SqlValue& in, bool& out);  // each throws SqlError on NULL, or on a value of another kind
void from_sql(const SqlValue& in, std::int64_t& out);
void from_sql(const SqlValue& in, double& out);
void from_sql(const SqlValue& in, std::string& out);
void from_sql(const SqlValue& in, Bytes& out);
void from_sql(const SqlValue& in, EventId& out);
void from_sql(const SqlValue& in, Timestamp& out);
[[noreturn]] void out_of_range(std::int64_t value);
[[noreturn]] void wrong_count(std::string_view wanted, std::size_t got);
template <std::integral T>
  requires(!std::is_same_v<T, bool> && !std::is_same_v<T, std::int64_t>)
void from_sql(const SqlValue& in, T& out) {
  std::int64_t wide = 0;
  from_sql(in, wide);
  if (!std::in_range<T>(wide)) out_of_range(wide);
  out = static_cast<T>(wide);
}
template <int Scale>
void from_sql(const SqlValue& in, Decimal<Scale>& out) {
  std::string text;
  from_sql(in, text);
  out = Decimal<Scale>::parse(text);
}
template <class T>
void from_sql(const SqlValue& in, std::optional<T>& out) {
  if (std::holds_alternative<std::monostate>(in.value)) out.reset();
  else from_sql(in, out.emplace());
}

class TransactionState;
class CommitHook;
}  // namespace detail

/// The result of a query. One column gives T, several give std::tuple<T...>.
template <class... T>
class Rows {
 public:
  using Row = std::conditional_t<sizeof...(T) == 1, std::tuple_element_t<0, std::tuple<T...>>, std::tuple<T...>>;
  explicit Rows(const std::vector<detail::SqlRow>& raw) {
    rows_.reserve(raw.size());
    for (const auto& fields : raw) {
      if (fields.size() != sizeof...(T)) detail::wrong_count("columns", fields.size());
      std::tuple<T...> row;
      std::apply([&, i = std::size_t{0}](auto&... out) mutable { (detail::from_sql(fields[i++], out), ...); }, row);
      if constexpr (sizeof...(T) == 1) rows_.push_back(std::move(std::get<0>(row)));
      else rows_.push_back(std::move(row));
    }
  }
  Row one() const {  ///< exactly one row, else SqlError
    if (rows_.size() != 1) detail::wrong_count("one row", rows_.size());
    return rows_.front();
  }
  std::optional<Row> one_or_none() const {  ///< more than one: SqlError
    if (rows_.size() > 1) detail::wrong_count("at most one row", rows_.size());
    return rows_.empty() ? std::nullopt : std::optional<Row>(rows_.front());
  }
  auto begin() const { return rows_.begin(); }
  auto end() const { return rows_.end(); }
  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }

 private:
  std::vector<Row> rows_;
};

/// A non-owning handle on an open transaction: Holdfast's own or one that enlist(...) made from yours.
class TransactionRef {
 public:
  /// Runs one statement; gives the rows it returns and the number it changed.
  struct Answer {
    std::vector<detail::SqlRow> rows;
    std::int64_t changed = 0;
  };
  using Execute = Answer (*)(void* session, std::string_view sql, std::span<const detail::SqlValue> params);
  /// hook: where Holdfast's own transaction keeps what is to be done at its commit; null = an enlisted one.
  TransactionRef(Dialect dialect, void* session, Execute run, std::unique_ptr<detail::CommitHook>* hook = nullptr)
      : dialect_(dialect), session_(session), execute_(run), hook_(hook) {}
  Dialect dialect() const { return dialect_; }
  Answer execute(std::string_view sql, std::span<const detail::SqlValue> params) const {
    return execute_(session_, sql, params);
  }
  void* session() const { return session_; }
  std::unique_ptr<detail::CommitHook>* hook() const { return hook_; }

  template <class... P>
  std::int64_t exec(std::string_view sql, const P&... params) const {
    const std::initializer_list<detail::SqlValue> values{detail::to_sql(params)...};
    return execute(sql, values).changed;
  }
  template <class... T, class... P>
  Rows<T...> query(std::string_view sql, const P&... params) const {
    const std::initializer_list<detail::SqlValue> values{detail::to_sql(params)...};
    return Rows<T...>(execute(sql, values).rows);
  }

 private:
  Dialect dialect_;
  void* session_;
  Execute execute_;
  std::unique_ptr<detail::CommitHook>* hook_;
};

namespace detail {
/// What is done with a transaction of Holdfast's own at its commit: the outbox writes what was published.
class CommitHook {
 public:
  virtual ~CommitHook() = default;
  virtual void before_commit(TransactionRef tx) = 0;  // may throw: then it is rolled back
  virtual void after_commit() noexcept = 0;  // wakes the relay
};
}  // namespace detail

/// RAII: rolls back unless committed. From Store::begin(), Store::transact() or Context::tx().
class Transaction {
 public:
  explicit Transaction(std::unique_ptr<detail::TransactionState> state);
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  template <class... P>
  std::int64_t exec(std::string_view sql, const P&... params) {  ///< rows changed
    return ref().exec(sql, params...);
  }
  template <class... T, class... P>
  Rows<T...> query(std::string_view sql, const P&... params) {
    return ref().template query<T...>(sql, params...);
  }

  void commit();  ///< throws InDoubt if the connection died while the answer was on its way
  Dialect dialect() const;
  operator TransactionRef() { return ref(); }
  TransactionRef ref();
  detail::TransactionState& state() { return *state_; }

 private:
  std::unique_ptr<detail::TransactionState> state_;
};

}  // namespace holdfast
