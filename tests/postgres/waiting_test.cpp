// What the gauges ask of PostgreSQL: a bounded number of rows, however many wait, whatever the planner believes; and nobody needs more
// rights for it than the program has.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "holdfast/postgres.hpp"
#include "ports/store_base.hpp"
#include "postgres_server/databases.hpp"

namespace holdfast::pg_test {
namespace {

constexpr int many = 300'000;

struct PostgresWaiting : testing::Test {
  Database database;
  Store store = postgres::open({.url = database.url(), .connections = 1, .acquire_timeout = patience});

  PostgresWaiting() {
    store.impl()->inbox("one")->open_instance({.name = "a", .queue = "q", .patterns = {"t"}, .ordering = "by_key"});
  }
  /// state: SQL of i, the row's number.
  void fill(const std::string& state) const {
    const auto rows = "generate_series(1, " + std::to_string(many) + ") AS i";
    database.sql(
        "INSERT INTO holdfast.outbox(id, shard, key, type, occurred_at, envelope)"
        " SELECT gen_random_uuid(), 0, 'k' || i % 1000, 't', now(), decode(repeat('00', 300), 'hex') FROM " +
        rows);
    database.sql(
        "INSERT INTO holdfast.deferred(consumer, event_id, key, blocks_key, state, attempts, due_at, reason, error, "
        "type, body,"
        " headers, origin, first_failed_at) SELECT 'one', gen_random_uuid(), convert_to('k' || i, 'UTF8'), i % 100 = "
        "0, " +
        state + ", 1, now(), '', '', '', decode(repeat('00', 300), 'hex'), '{}', '', now() FROM " + rows);
  }
  /// Rows and index entries read so far.
  std::int64_t read() const {
    return std::stoll(
        database.sql("SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE schemaname = 'holdfast')"
                     " + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE schemaname = 'holdfast')"));
  }
  ports::Waiting waiting() const { return store.impl()->admin()->waiting(); }
};

void expect_about(std::int64_t number, std::int64_t wanted) {
  EXPECT_NEAR(static_cast<double>(number), static_cast<double>(wanted), static_cast<double>(wanted) / 20);
}

TEST_F(PostgresWaiting, ReadsABoundedNumberOfRows) {
  fill("CASE WHEN i <= 250000 THEN 'retry' ELSE 'dead' END");
  for (const char* known : {"", "ANALYZE", "VACUUM ANALYZE"}) {
    if (*known != '\0') database.sql(std::string(known) + " holdfast.outbox, holdfast.deferred");
    const auto before = read();
    const auto w = postgres::open({.url = database.url(), .connections = 1, .acquire_timeout = patience})
                       .impl()
                       ->admin()
                       ->waiting();  // what a connection read is told when it ends
    expect_about(w.pending, many);
    const auto& c = w.consumers.at(0);
    expect_about(c.retry, 250'000), expect_about(c.dead, 50'000);
    EXPECT_EQ(c.blocked_keys, ports::Waiting::counted_keys);
    std::int64_t cost = 0;
    for (int looks = 0; looks < 3000 && cost == 0; ++looks) cost = read() - before;
    EXPECT_GT(cost, 20'000) << "it was counted";
    EXPECT_LT(cost, 120'000) << "whatever there is, so much is read of it; " << known;
  }
}

/// The server loads its compiler into the process of a connection that asks what looks expensive.
TEST_F(PostgresWaiting, IsAnsweredBeforeAnythingWereCompiled) {
  fill("'dead'");
  expect_about(waiting().pending, many);
  const auto server =
      store.transact([](Transaction& tx) { return tx.query<std::int64_t>("SELECT pg_backend_pid()").one(); });
  std::stringstream loaded;
  loaded << std::ifstream("/proc/" + std::to_string(server) + "/maps").rdbuf();
  ASSERT_FALSE(loaded.str().empty());
  EXPECT_EQ(loaded.str().find("llvmjit"), std::string::npos);
}

TEST_F(PostgresWaiting, WhoKeepsDeadRowsIsSeen) {
  EXPECT_LT(waiting().oldest_xmin.value(), 10);
  const Store other = postgres::open({.url = database.url("owner"), .connections = 1, .acquire_timeout = patience});
  Transaction snapshot = other.impl()->begin_read();
  snapshot.query<int>("SELECT 1").one();
  for (int i = 0; i < 50; ++i) database.sql("SELECT pg_current_xact_id()");
  EXPECT_GE(waiting().oldest_xmin.value(), 50);
}

}  // namespace
}  // namespace holdfast::pg_test
