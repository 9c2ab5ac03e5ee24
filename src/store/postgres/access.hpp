// What every part of the PostgreSQL store works with: transactions, single statements, and the store's now, which is the
// server's; a test puts a clock in its place, whose time is then a parameter of each statement.
#pragma once
#include <memory>

#include "ports/clock.hpp"
#include "sql/database.hpp"
#include "store/fields.hpp"

// A time from microseconds since 1970, and back; now, of a parameter that is null but in tests. SQL text, to be put together
// by the compiler.
#define HOLDFAST_AT(micros) "(timestamptz 'epoch' + " micros "::bigint * interval '1 microsecond')"
#define HOLDFAST_MICROS(time) "(extract(epoch FROM " time ") * 1000000)::bigint"
#define HOLDFAST_NOW(parameter) "coalesce(" HOLDFAST_AT(parameter) ", statement_timestamp())"

namespace holdfast::store {

struct PostgresAccess {
  std::shared_ptr<sql::Database> database;
  const ports::Clock* clock;
  const ports::Clock* now_clock = nullptr;  // of tests

  Transaction begin() const { return Transaction(database->begin(sql::Durability::full)); }
  Transaction begin_lazy() const { return Transaction(database->begin(sql::Durability::lazy)); }
  Transaction begin_read() const { return Transaction(database->begin_read()); }
  Transaction begin_for_handler() const { return Transaction(database->begin_for_handler()); }
  std::optional<std::int64_t> now() const { return now_clock ? std::optional(micros(now_clock->utc())) : std::nullopt; }

  template <class... P>
  std::vector<detail::SqlRow> run(sql::Durability durability, std::string_view sql, const P&... params) const {
    const std::initializer_list<detail::SqlValue> values{detail::to_sql(params)...};
    return database->run(durability, sql, values).rows;
  }
  /// For what is only repeated when a power cut takes it back.
  template <class... P>
  std::vector<detail::SqlRow> run_lazy(std::string_view sql, const P&... params) const {
    return run(sql::Durability::lazy, sql, params...);
  }
};

}  // namespace holdfast::store
