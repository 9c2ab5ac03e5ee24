// What the gauges ask for every few seconds costs the same whatever history there is and whatever waits: SQLite's own plan of it.
// What is counted is exact up to a bound, and close beyond it.
#include "store/sqlite/waiting.hpp"

#include <gmock/gmock.h>

#include <regex>

#include "ports/clock.hpp"
#include "ports/store_base.hpp"
#include "sql/sqlite/open.hpp"
#include "store/time.hpp"

namespace holdfast::store {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

constexpr const char* many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) ";

struct Plan : testing::Test {
  Plan() {
    store.migrate();
    store.transact([](Transaction& tx) {  // history, and statistics that know of it
      tx.exec(
          std::string(many) +
              "INSERT INTO holdfast_inbox(consumer, event_id, state, body_hash, settled_at)"
              " SELECT 'one', printf('%032x', i), CASE WHEN i % 500 THEN 'handled' ELSE 'retrying' END, x'', i FROM n",
          2000);
      tx.exec(std::string(many) +
                  "INSERT INTO holdfast_outbox_published SELECT i, printf('%032x', i), NULL, 't', 0, i, x'', '{}', 0, "
                  "NULL, i"
                  " FROM n",
              2000);
    });
  }
  std::vector<std::string> of(const std::string& sql) {
    std::vector<std::string> out;
    Transaction tx = store.begin();
    for (const auto& [id, parent, unused, what] : tx.query<int, int, int, std::string>(
             "EXPLAIN QUERY PLAN " + std::regex_replace(sql, std::regex("\\$[0-9]"), "7")))
      out.push_back(what);
    return out;
  }
  void expect_no_history() {
    const auto& sql = sqlite_waiting_sql;
    EXPECT_THAT(of(sql.outbox_first), Contains("SCAN holdfast_outbox"));  // by seq, as far as it is told to
    EXPECT_THAT(of(sql.outbox_windows),
                Contains("SEARCH holdfast_outbox USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"));
    EXPECT_THAT(of(sql.deferred_windows),
                Contains("SEARCH holdfast_deferred USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"));
    const auto plan = of(sql.consumers);
    for (const char* search :
         {"SEARCH i USING INDEX holdfast_inbox_retrying (", "SEARCH d USING INDEX holdfast_deferred_retry (",
          "SEARCH d USING INDEX holdfast_deferred_blocked (", "SEARCH d USING INDEX holdfast_deferred_dead ("})
      EXPECT_THAT(plan, Contains(HasSubstr(search)));
    for (const auto* one : {sql.consumers, sql.blocked_keys, sql.published}) {
      EXPECT_THAT(of(one), Each(Not(HasSubstr("SCAN i"))));
      EXPECT_THAT(of(one), Each(Not(HasSubstr("SCAN d"))));
    }
    EXPECT_THAT(of(sql.blocked_keys), Each(Not(HasSubstr("TEMP B-TREE"))));
  }
  Store store = open_sqlite(":memory:", ports::system_clock());
};

TEST_F(Plan, OfWhatWaitsLeavesHistoryAlone) {
  expect_no_history();
  store.transact([](Transaction& tx) { tx.exec("ANALYZE"); });
  expect_no_history();
}

struct Waits : testing::Test {
  Waits() {
    store.migrate();
    store.impl()->inbox("one")->open_instance({.name = "a", .queue = "q", .patterns = {"t"}, .ordering = "by_key"});
  }
  void pending(int rows) {
    store.transact([&](Transaction& tx) {
      tx.exec(std::string(many) +
                  "INSERT INTO holdfast_outbox(id, key, type, occurred_at, envelope)"
                  " SELECT printf('%032x', i), 'k' || i % 100, 't', i, zeroblob(300) FROM n",
              rows);
    });
  }
  void deferred(int rows, const std::string& state, const std::string& key) {
    store.transact([&](Transaction& tx) {
      tx.exec(std::string(many) +
                  "INSERT INTO holdfast_deferred(consumer, event_id, key, blocks_key, state, attempts, due_at, reason, "
                  "error, type, body, headers, origin, first_failed_at) SELECT 'one', hex(randomblob(16)), " +
                  key + ", $3, $2, 1, i, '', '', 't', zeroblob(300), '{}', '', i FROM n",
              rows, state, state == "blocked");
    });
  }
  ports::Waiting waiting() { return store.impl()->admin()->waiting(); }
  Store store = open_sqlite(":memory:", ports::system_clock());
};

void expect_about(std::int64_t number, std::int64_t wanted) {
  EXPECT_NEAR(static_cast<double>(number), static_cast<double>(wanted), static_cast<double>(wanted) / 50);
}

TEST_F(Waits, ExactUpToTheBoundAndCloseBeyond) {
  pending(10'000), deferred(10'000, "dead", "''");
  auto w = waiting();
  EXPECT_EQ(w.pending, 10'000);
  EXPECT_EQ(w.consumers.at(0).dead, 10'000);
  pending(60'000), deferred(50'000, "dead", "''"), deferred(30'000, "retry", "'r' || i"),
      deferred(40'000, "blocked", "'b'");
  w = waiting();
  const auto& c = w.consumers.at(0);
  expect_about(w.pending, 70'000);
  expect_about(c.dead, 60'000), expect_about(c.retry, 30'000), expect_about(c.blocked, 40'000);
  EXPECT_EQ(c.blocked_keys, 1);
  EXPECT_EQ(c.blocked_since, from_micros(1));
}

/// A few that were left over long ago, and a dense backlog far behind them.
TEST_F(Waits, StragglersDoNotSpoilTheEstimate) {
  pending(100);
  store.transact([](Transaction& tx) { tx.exec("UPDATE sqlite_sequence SET seq = 1000000000"); });
  pending(30'000);
  store.transact(
      [](Transaction& tx) { tx.exec("DELETE FROM holdfast_outbox WHERE seq > 1000000000 AND seq % 3 = 0"); });
  expect_about(waiting().pending, 20'100);
}

TEST_F(Waits, KeysThatAreBlockedAreCountedOneByOne) {
  deferred(300, "blocked", "'k' || (i % 7)");
  EXPECT_EQ(waiting().consumers.at(0).blocked_keys, 7);
}

}  // namespace
}  // namespace holdfast::store
