// One bus file as its users in this process share it, and a write transaction on it.
#pragma once
#include "ports/clock.hpp"
#include "transport/sqlite_bus/neighbours.hpp"
#include "transport/sqlite_bus/schema.hpp"

namespace holdfast::transport::sqlite_bus {

struct File {
  File(std::string file, const ports::Clock& its_clock, Settings its_settings)
      : path(std::move(file)), clock(its_clock), settings(its_settings), neighbours(Neighbours::of(path)) {}

  std::unique_ptr<sqlite::Connection> connect(BusyWait& busy) const {
    return sqlite_bus::connect(path, settings, busy);
  }
  std::int64_t now() const { return std::chrono::duration_cast<ports::Millis>(clock.utc().time_since_epoch()).count(); }

  const std::string path;
  const ports::Clock& clock;
  const Settings settings;
  const std::shared_ptr<Neighbours> neighbours;
};

template <class... P>
TransactionRef::Answer run(sqlite::Connection& connection, std::string_view sql, const P&... params) {
  const std::initializer_list<detail::SqlValue> values{detail::to_sql(params)...};
  return connection.execute(sql, values);
}

template <class... T, class... P>
Rows<T...> query(sqlite::Connection& connection, std::string_view sql, const P&... params) {
  return Rows<T...>(run(connection, sql, params...).rows);
}

/// Rolled back unless committed. Unavailable: somebody kept the file for too long, and nothing was begun.
class Write {
 public:
  Write(const File& file, sqlite::Connection& connection) : turn_(*file.neighbours), connection_(connection) {
    connection_.begin("BEGIN IMMEDIATE");
  }
  Write(const Write&) = delete;
  ~Write() { connection_.rollback(); }
  void commit() { connection_.commit(); }

 private:
  const Neighbours::Turn turn_;
  sqlite::Connection& connection_;
};

}  // namespace holdfast::transport::sqlite_bus
