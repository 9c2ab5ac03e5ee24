// What every part of the SQLite store works with: transactions, and the store's now, which is the Clock (a parameter of each
// statement, never SQL's own).
#pragma once
#include <memory>

#include "ports/clock.hpp"
#include "sql/database.hpp"
#include "store/time.hpp"

namespace holdfast::store {

struct Access {
  std::shared_ptr<sql::Database> database;
  const ports::Clock* clock;

  Transaction begin() const { return Transaction(database->begin(sql::Durability::full)); }
  Transaction begin_lazy() const { return Transaction(database->begin(sql::Durability::lazy)); }
  Transaction begin_read() const { return Transaction(database->begin_read()); }
  std::int64_t now() const { return micros(clock->utc()); }
};

}  // namespace holdfast::store
