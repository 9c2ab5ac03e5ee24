// A private PostgreSQL and a private RabbitMQ for the length of a run, as the article's stack is measured on.
// Threads: one. Errors: Unavailable (not installed, does not start).
#pragma once
#include <string>

#include "demo/servers/postgres.hpp"
#include "demo/servers/rabbit.hpp"

namespace holdfast::bench {

class Servers {
 public:
  Servers();
  /// A new database with Holdfast's tables; its URL.
  std::string database(const std::string& name);
  std::string url(const std::string& database) const { return postgres_.url("postgres", database); }
  std::string broker() const { return rabbit_.url(); }
  /// As superuser.
  std::string sql(const std::string& database, const std::string& text) const { return postgres_.sql(database, text); }
  std::int64_t number(const std::string& database, const std::string& text) const {
    return std::stoll(sql(database, text));
  }
  const servers::Postgres& postgres() const { return postgres_; }

 private:
  servers::Postgres postgres_;
  servers::Rabbit rabbit_;
};

}  // namespace holdfast::bench
