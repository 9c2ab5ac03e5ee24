// One PostgreSQL server for the whole test program, a fresh database for each test: Holdfast's tables are there, made by the role
// "owner"; tests work as the role "app", which has what `holdfast migrate --print-grants` gives and nothing else.
#pragma once
#include <chrono>
#include <string>

#include "demo/servers/postgres.hpp"

namespace holdfast::pg_test {

servers::Postgres& server();
constexpr std::chrono::seconds patience(60);  // to connect: the machine may be busy

class Database {
 public:
  explicit Database(bool with_tables = true);
  ~Database();
  Database(const Database&) = delete;

  const std::string& name() const { return name_; }
  std::string url(const std::string& role = "app") const { return server().url(role, name_); }
  /// As superuser. What psql prints, without the last end of line.
  std::string sql(const std::string& text) const;

 private:
  std::string name_;
};

}  // namespace holdfast::pg_test
