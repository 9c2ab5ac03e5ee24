#include "postgres_server/databases.hpp"

#include "holdfast/postgres.hpp"
#include "store/postgres/grants.hpp"

namespace holdfast::pg_test {
namespace {

constexpr const char* bare = "bare_template";
constexpr const char* with_tables_template = "tables_template";

void create(servers::Postgres& pg, const std::string& name, const std::string& from) {
  pg.sql("postgres", "CREATE DATABASE " + name + " TEMPLATE " + from);
}

/// The script first, then the migration by the owner: as a new service would do it.
void prepare(servers::Postgres& pg) {
  for (const std::string database : {with_tables_template, bare})
    pg.sql("postgres", "DROP DATABASE IF EXISTS " + database);
  pg.sql("postgres", "DROP ROLE IF EXISTS owner, app");  // what an earlier try left
  pg.sql("postgres", "CREATE ROLE owner LOGIN PASSWORD 'secret'; CREATE ROLE app LOGIN PASSWORD 'secret'");
  create(pg, bare, "template0");
  create(pg, with_tables_template, "template0");
  pg.sql(with_tables_template, store::postgres_grants("owner", "app"));
  pg.sql(with_tables_template, "GRANT CREATE ON SCHEMA public TO app");  // the service's own tables, in tests
  postgres::open({.url = pg.url("owner", with_tables_template), .acquire_timeout = patience}).migrate();
}

}  // namespace

servers::Postgres& server() {
  static servers::Postgres pg({.settings = {"max_prepared_transactions=2"}});
  static const bool prepared = (prepare(pg), true);
  (void)prepared;
  return pg;
}

Database::Database(bool with_tables) {
  static int number = 0;
  name_ = "t" + std::to_string(++number);
  create(server(), name_, with_tables ? with_tables_template : bare);
}

Database::~Database() {
  try {
    server().sql("postgres", "DROP DATABASE " + name_ + " WITH (FORCE)");
  } catch (const std::exception&) {}  // it goes with the server
}

std::string Database::sql(const std::string& text) const {
  std::string out = server().sql(name_, text);
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

}  // namespace holdfast::pg_test
