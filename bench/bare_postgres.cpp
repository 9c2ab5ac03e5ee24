#include "bench/bare_postgres.hpp"

#include <stdexcept>

namespace holdfast::bench {

BarePostgres::BarePostgres(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
  if (PQstatus(connection_) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_));
}

void BarePostgres::check(PGresult* result) {
  const auto status = PQresultStatus(result);
  PQclear(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw std::runtime_error(PQerrorMessage(connection_));
}

void BarePostgres::prepare(const char* name, const char* sql) { check(PQprepare(connection_, name, sql, 0, nullptr)); }

void BarePostgres::run(const char* prepared, const std::vector<std::string>& values) {
  std::vector<const char*> texts;
  texts.reserve(values.size());
  for (const auto& value : values) texts.push_back(value.c_str());
  check(PQexecPrepared(connection_, prepared, static_cast<int>(texts.size()), texts.data(), nullptr, nullptr, 0));
}

}  // namespace holdfast::bench
