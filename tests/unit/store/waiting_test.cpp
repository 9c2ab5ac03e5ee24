// What the gauges ask for every few seconds costs the same whatever history there is: SQLite's own plan of it.
#include "store/sqlite/waiting.hpp"

#include <gmock/gmock.h>

#include "ports/clock.hpp"
#include "ports/store_base.hpp"
#include "sql/sqlite/open.hpp"

namespace holdfast::store {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

struct Plan : testing::Test {
  Plan() {
    store.migrate();
    store.transact([](Transaction& tx) {  // history, and statistics that know of it
      const std::string many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) ";
      tx.exec(many +
              "INSERT INTO holdfast_inbox(consumer, event_id, state, body_hash, settled_at)"
              " SELECT 'one', printf('%032x', i), CASE WHEN i % 500 THEN 'handled' ELSE 'retrying' END, x'', i FROM n");
      tx.exec(
          many +
          "INSERT INTO holdfast_outbox_published SELECT i, printf('%032x', i), NULL, 't', 0, i, x'', '{}', 0, NULL, i"
          " FROM n");
    });
  }
  std::vector<std::string> of(const std::string& sql) {
    std::vector<std::string> out;
    Transaction tx = store.begin();
    for (const auto& [id, parent, unused, what] : tx.query<int, int, int, std::string>("EXPLAIN QUERY PLAN " + sql))
      out.push_back(what);
    return out;
  }
  void expect_no_history() {
    EXPECT_THAT(of(outbox_waiting_sql), testing::ElementsAre("SCAN holdfast_outbox"));
    const auto plan = of(consumers_waiting_sql);
    for (const char* search :
         {"SEARCH i USING INDEX holdfast_inbox_retrying (", "SEARCH d USING INDEX holdfast_deferred_retry (",
          "SEARCH d USING INDEX holdfast_deferred_blocked (", "SEARCH d USING INDEX holdfast_deferred_dead ("})
      EXPECT_THAT(plan, Contains(HasSubstr(search)));
    EXPECT_THAT(plan, Each(Not(HasSubstr("SCAN i"))));
    EXPECT_THAT(plan, Each(Not(HasSubstr("SCAN d"))));
    EXPECT_THAT(plan, Each(Not(HasSubstr("holdfast_outbox_published"))));
  }
  Store store = open_sqlite(":memory:", ports::system_clock());
};

TEST_F(Plan, OfWhatWaitsLeavesHistoryAlone) {
  expect_no_history();
  store.transact([](Transaction& tx) { tx.exec("ANALYZE"); });
  expect_no_history();
}

}  // namespace
}  // namespace holdfast::store
