// Behind PgBouncer: with pooler = true all works; without it is refused in words that say so.
#include <gtest/gtest.h>

#include <thread>

#include "holdfast/outbox.hpp"
#include "holdfast/postgres.hpp"
#include "ports/store_base.hpp"
#include "postgres_server/databases.hpp"
#include "postgres_server/pgbouncer.hpp"
#include "sql/refused.hpp"

namespace holdfast::pg_test {
namespace {

class PostgresPooler : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!PgBouncer::installed()) GTEST_SKIP() << "pgbouncer is not installed";
    bouncer = std::make_unique<PgBouncer>(GetParam());
  }
  Store open(bool pooler) {
    return postgres::open(
        {.url = bouncer->url("app", database.name()), .connections = 8, .acquire_timeout = patience, .pooler = pooler});
  }
  Database database;
  std::unique_ptr<PgBouncer> bouncer;
};

TEST_P(PostgresPooler, IsRefusedWhereItIsNotSaid) {
  try {
    (void)open(false).begin();
    FAIL() << "session settings went nowhere, and nobody said so";
  } catch (const sql::Refused& refused) {
    EXPECT_NE(std::string(refused.what()).find("set database.pooler = true"), std::string::npos) << refused.what();
  }
}

// More clients than sessions: each transaction may meet another one.
TEST_P(PostgresPooler, WorksWhereItIs) {
  Store store = open(true);
  store.impl()->check_schema();
  Outbox outbox("shop");
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int n = 0; n < 25; ++n)
        store.transact([&](Transaction& tx) {
          EXPECT_EQ(tx.query<std::string>("SHOW lock_timeout").one(), "5s");
          PublishOptions options;
          options.key = "k" + std::to_string(t);
          outbox.publish_encoded(tx, "order.created.v1", "{}", options);
        });
    });
  for (auto& thread : threads) thread.join();
  const auto rows = store.impl()->outbox();
  const auto page = rows->read({}, 1000);
  EXPECT_EQ(page.rows.size(), 200u);
  std::vector<ports::RowRef> marks;
  for (const auto& row : page.rows) marks.push_back({row.seq, row.event.id});
  EXPECT_EQ(rows->mark_published(marks), 200);
  EXPECT_TRUE(rows->renew("me", ports::Millis(1000)));
  store.transact([](Transaction& tx) { EXPECT_EQ(tx.query<std::string>("SHOW synchronous_commit").one(), "on"); });
}

INSTANTIATE_TEST_SUITE_P(Swallows, PostgresPooler, testing::Bool());

}  // namespace
}  // namespace holdfast::pg_test
