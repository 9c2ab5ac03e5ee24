#include "bench/bare_postgres.hpp"

#include <stdexcept>

namespace holdfast::bench {

BarePostgres::BarePostgres(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
  if (PQstatus(connection_) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_));
}

BarePostgres::Rows BarePostgres::take(PGresult* result) {
  const auto status = PQresultStatus(result);
  Rows rows(static_cast<std::size_t>(PQntuples(result)));
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (int i = 0; i < PQnfields(result); ++i) rows[row].emplace_back(PQgetvalue(result, static_cast<int>(row), i));
  PQclear(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw std::runtime_error(PQerrorMessage(connection_));
  return rows;
}

void BarePostgres::prepare(const char* name, const char* sql) { take(PQprepare(connection_, name, sql, 0, nullptr)); }

BarePostgres::Rows BarePostgres::run(const char* prepared, const std::vector<std::string>& values) {
  std::vector<const char*> texts;
  texts.reserve(values.size());
  for (const auto& value : values) texts.push_back(value.c_str());
  return take(PQexecPrepared(connection_, prepared, static_cast<int>(texts.size()), texts.data(), nullptr, nullptr, 0));
}

}  // namespace holdfast::bench
