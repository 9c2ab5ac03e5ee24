// The limits on PostgreSQL: bare libpq, prepared statements, one connection.
// Threads: one at a time. Errors: std::runtime_error with the server's words.
#pragma once
#include <libpq-fe.h>

#include <string>
#include <vector>

namespace holdfast::bench {

class BarePostgres {
 public:
  explicit BarePostgres(const std::string& url);
  ~BarePostgres() { PQfinish(connection_); }
  BarePostgres(const BarePostgres&) = delete;

  void prepare(const char* name, const char* sql);
  using Rows = std::vector<std::vector<std::string>>;
  Rows run(const char* prepared, const std::vector<std::string>& values = {});

 private:
  Rows take(PGresult* result);
  PGconn* connection_;
};

}  // namespace holdfast::bench
