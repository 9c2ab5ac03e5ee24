// Roles: the owner migrates, the application works; who may not is told what to run. Schemas of another version.
#include <gtest/gtest.h>

#include <thread>

#include "holdfast/outbox.hpp"
#include "holdfast/postgres.hpp"
#include "ports/store_base.hpp"
#include "postgres_server/databases.hpp"
#include "store/postgres/grants.hpp"

namespace holdfast::pg_test {
namespace {

std::string complaint(const std::function<void()>& call) {
  try {
    call();
  } catch (const Invalid& invalid) { return invalid.what(); }
  return "";
}
bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }
Store open(const Database& database, const char* role) {
  return postgres::open({.url = database.url(role), .acquire_timeout = patience});
}

TEST(PostgresRights, WithoutGrantsTheApplicationIsToldWhatToRun) {
  const Database database(false);
  EXPECT_TRUE(has(complaint([&] { open(database, "app").migrate(); }), "--print-grants"));
  database.sql("CREATE SCHEMA holdfast AUTHORIZATION owner");
  open(database, "owner").migrate();
  EXPECT_TRUE(has(complaint([&] { open(database, "app").impl()->check_schema(); }), "--print-grants"));
  database.sql(store::postgres_grants("owner", "app"));  // after the migration, too
  open(database, "app").impl()->check_schema();
  database.sql("REVOKE INSERT ON holdfast.inbox FROM app");
  EXPECT_TRUE(has(complaint([&] { open(database, "app").impl()->check_schema(); }), "holdfast.inbox"));
}

TEST(PostgresRights, TheApplicationMayNotChangeTheTables) {
  const Database database;
  open(database, "app").migrate();  // nothing to do
  Transaction tx = open(database, "app").begin();
  EXPECT_THROW(tx.exec("ALTER TABLE holdfast.outbox ADD COLUMN x int"), SqlError);
}

TEST(PostgresRights, NamesAreQuoted) {
  EXPECT_TRUE(has(store::postgres_grants("o\"w", "a p"), "TO \"a p\""));
  EXPECT_TRUE(has(store::postgres_grants("o\"w", "a p"), "\"o\"\"w\""));
}

TEST(PostgresSchema, ProgramsThatStartAtOnceMigrateOnce) {
  const Database database(false);
  database.sql(store::postgres_grants("owner", "app"));
  std::vector<std::thread> threads;
  std::atomic<int> done = 0;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { open(database, "owner").migrate(), ++done; });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done, 4);
  open(database, "app").impl()->check_schema();
}

TEST(PostgresSchema, AMissingOneIsSaid) {
  const Database database(false);
  EXPECT_TRUE(has(complaint([&] { open(database, "app").impl()->check_schema(); }), "holdfast migrate"));
}

TEST(PostgresSchema, ANewerOneIsReadAsLongAsItSays) {
  const Database database;
  database.sql("UPDATE holdfast.schema_version SET version = 7");
  open(database, "app").impl()->check_schema();
  open(database, "app").migrate();
  database.sql("UPDATE holdfast.schema_version SET oldest_reader = 7");
  EXPECT_TRUE(has(complaint([&] { open(database, "app").impl()->check_schema(); }), "upgrade this program"));
  EXPECT_TRUE(has(complaint([&] { open(database, "app").migrate(); }), "upgrade this program"));
  EXPECT_EQ(database.sql("SELECT version FROM holdfast.schema_version"), "7");
}

}  // namespace
}  // namespace holdfast::pg_test
