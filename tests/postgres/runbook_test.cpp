// The operator's page against a PostgreSQL that runs: somebody holds an old snapshot in each of the ways that it names, and each of its
// statements finds or ends one.
#include "runbook/page.hpp"

#include "holdfast/postgres.hpp"
#include "ports/store_base.hpp"
#include "postgres_server/databases.hpp"

namespace holdfast::pg_test {
namespace {

struct PostgresRunbook : testing::Test {
  PostgresRunbook() {
    pid = snapshot.query<std::string>("SELECT pg_backend_pid()::text").one();
    database.sql("BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'left behind'");
    database.sql("SELECT pg_create_physical_replication_slot('gone')");
  }
  /// As the operator types it: what is in capitals there is in what was found.
  std::string as_typed(std::string statement) const {
    for (const auto& [what, by] :
         {std::pair{"\\(PID\\)", "(" + pid + ")"}, {"'GID'", "'left behind'"}, {"'SLOT'", "'gone'"}})
      statement = std::regex_replace(statement, std::regex(what), by);
    return statement;
  }
  std::string left(const std::string& where) const { return database.sql("SELECT count(*) FROM " + where); }

  const Database database;
  const Store store = postgres::open({.url = database.url(), .connections = 1, .acquire_timeout = patience});
  Transaction snapshot = store.impl()->begin_read();
  std::string pid;
};

TEST_F(PostgresRunbook, FindsWhoHoldsAnOldSnapshotAndEndsIt) {
  std::string found;
  for (const auto& statement : runbook::code_of({"SELECT", "ROLLBACK"}))
    found += database.sql(as_typed(statement)) + "\n";
  for (const auto& holder : {pid + "|app|idle in transaction|", std::string("|left behind|"), std::string("\ngone|f|")})
    EXPECT_TRUE(program_test::has(found, holder)) << holder << "\n" << found;
  EXPECT_EQ(left("pg_prepared_xacts"), "0");
  EXPECT_EQ(left("pg_replication_slots"), "0");
  EXPECT_TRUE(program_test::eventually([&] { return left("pg_stat_activity WHERE pid = " + pid) == "0"; }));
}

}  // namespace
}  // namespace holdfast::pg_test
