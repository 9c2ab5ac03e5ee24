// One statement: prepared, bound, run to its end.
#include <fmt/format.h>
#include <sqlite3.h>

#include <charconv>

#include "sql/json_text.hpp"
#include "sql/sqlite/connection.hpp"
#include "sql/sqlite/errors.hpp"

namespace holdfast::sqlite {
namespace {

using detail::SqlRow;
using detail::SqlValue;

/// "$2" takes the second value wherever it stands; SQLite itself numbers names by their first appearance.
std::size_t value_of(sqlite3_stmt* statement, int position) {
  const char* name = sqlite3_bind_parameter_name(statement, position);
  if (!name) return static_cast<std::size_t>(position);  // a bare "?"
  const std::string_view digits = std::string_view(name).substr(1);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number);
  if (error != std::errc() || end != digits.end() || number == 0)
    throw SqlError("42601", fmt::format("the placeholder {} is not $1, $2, ...", name));
  return number;
}

void bind(sqlite3* connection, sqlite3_stmt* statement, int position, const SqlValue& value) {
  struct Bind {
    sqlite3_stmt* statement;
    int position;
    int operator()(std::monostate) const { return sqlite3_bind_null(statement, position); }
    int operator()(std::int64_t v) const { return sqlite3_bind_int64(statement, position, v); }
    int operator()(double v) const { return sqlite3_bind_double(statement, position, v); }
    int operator()(const std::string& v) const {
      return sqlite3_bind_text64(statement, position, v.data(), v.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    int operator()(const Bytes& v) const {
      return sqlite3_bind_blob64(statement, position, v.data.data(), v.data.size(), SQLITE_STATIC);
    }
    int operator()(const detail::SqlList& v) const {
      const std::string json = sql::json_array(v);
      return sqlite3_bind_text64(statement, position, json.data(), json.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    }
  };
  if (std::visit(Bind{statement, position}, value.value) != SQLITE_OK) fail(connection);
}

void bind(sqlite3* connection, sqlite3_stmt* statement, std::span<const SqlValue> params) {
  std::size_t used = 0;
  const int count = sqlite3_bind_parameter_count(statement);
  for (int position = 1; position <= count; ++position) {
    const std::size_t number = value_of(statement, position);
    used = std::max(used, number);
    if (number <= params.size()) bind(connection, statement, position, params[number - 1]);
  }
  if (used != params.size())
    throw SqlError("08P01",
                   fmt::format("the statement has {} placeholders, {} values were given", used, params.size()));
}

std::string bytes(const void* data, int size) {
  return std::string(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

SqlValue column(sqlite3_stmt* statement, int i) {
  switch (sqlite3_column_type(statement, i)) {
    case SQLITE_INTEGER: return {std::int64_t{sqlite3_column_int64(statement, i)}};
    case SQLITE_FLOAT: return {sqlite3_column_double(statement, i)};
    case SQLITE_TEXT: {
      const auto* text = sqlite3_column_text(statement, i);  // before its size is asked
      return {bytes(text, sqlite3_column_bytes(statement, i))};
    }
    case SQLITE_BLOB: {
      const void* blob = sqlite3_column_blob(statement, i);  // null when empty
      return {Bytes{blob ? bytes(blob, sqlite3_column_bytes(statement, i)) : std::string()}};
    }
    default: return {};
  }
}

SqlRow row(sqlite3_stmt* statement) {
  const int columns = sqlite3_column_count(statement);
  SqlRow out;
  out.reserve(static_cast<std::size_t>(columns));
  for (int i = 0; i < columns; ++i) out.push_back(column(statement, i));
  return out;
}

/// Bound values are only borrowed: nothing of them stays behind.
struct Reset {
  sqlite3_stmt* statement;
  ~Reset() { sqlite3_reset(statement), sqlite3_clear_bindings(statement); }
};

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n;") == std::string_view::npos; }

}  // namespace

void CloseStatement::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement prepare(sqlite3* connection, std::string_view sql, bool keep) {
  sqlite3_stmt* raw = nullptr;
  const char* rest = nullptr;
  const unsigned flags = keep ? SQLITE_PREPARE_PERSISTENT : 0;
  if (sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()), flags, &raw, &rest) != SQLITE_OK)
    fail(connection);
  Statement statement(raw);
  if (!raw) throw SqlError("42601", "the SQL text is empty");
  if (!is_blank(sql.substr(static_cast<std::size_t>(rest - sql.data()))))
    throw SqlError("42601", "one statement at a time; this text has more than one");
  return statement;
}

TransactionRef::Answer run(sqlite3* connection, sqlite3_stmt* statement, std::span<const SqlValue> params) {
  const Reset reset{statement};
  bind(connection, statement, params);
  TransactionRef::Answer answer;
  const int before = sqlite3_total_changes(connection);
  int code = SQLITE_OK;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) answer.rows.push_back(row(statement));
  if (code != SQLITE_DONE) fail(connection);
  if (sqlite3_total_changes(connection) != before) answer.changed = sqlite3_changes(connection);
  return answer;
}

}  // namespace holdfast::sqlite
