// Transactions in a database of their own on the tests' server.
#pragma once
#include <gtest/gtest.h>

#include "holdfast/postgres.hpp"
#include "postgres_server/databases.hpp"
#include "sql/postgres/server.hpp"

namespace holdfast::pg_test {

inline std::string state_of(auto call) {
  try {
    call();
  } catch (const SqlError& error) { return error.sqlstate(); }
  return "no error";
}

class PostgresTransactions : public testing::Test {
 protected:
  Store open(int connections = 5) {
    return postgres::open({.url = database.url(), .connections = connections, .acquire_timeout = patience});
  }
  void end_sessions() const {
    database.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
        "pg_backend_pid()");
  }
  Database database;
  Store store = open();
};

}  // namespace holdfast::pg_test
