// What a host does by itself each minute: what is over goes, however much it is, and the queue is declared again.
#include <condition_variable>
#include <mutex>

#include "place.hpp"

namespace holdfast::host_test {
namespace {

using namespace std::chrono_literals;

/// Chores that come at once. Whenever they are done, the thread that did them looks at the tables.
struct HostUpkeep : Place {
  struct Look {
    std::string published, handled, bindings;
  };
  HostUpkeep() {
    auto& upkeep = host.impl().upkeep_options();
    upkeep.first_chores = 0ms, upkeep.chores = 1ms, upkeep.rows = 10;
    host.impl().observe([this](const host::Signal& signal) {
      if (std::holds_alternative<host::ChoresDone>(signal)) look();
    });
    host.subscribe(taking("one"), [](Context&, const Placed&) {});
    host.store().impl()->migrate();
    fill();
  }
  ~HostUpkeep() override { host.stop(); }

  void fill() {  // 600 rows of each kind from long ago, and a young one
    const std::string rows =
        "WITH RECURSIVE n(i, at) AS (SELECT 0, strftime('%s') * 1000000 UNION ALL SELECT i + 1, i FROM n WHERE i < "
        "600)";
    db.exec(rows +
            "INSERT INTO holdfast_outbox_published"
            " SELECT i, printf('%032x', i), NULL, 'test.placed.v2', 0, at, x'', '{}', 0, NULL, at FROM n");
    db.exec(rows +
            "INSERT INTO holdfast_inbox(consumer, event_id, state, event_at, body_hash, settled_at)"
            " SELECT 'one', printf('%032x', i), 'handled', at, x'', at FROM n");
  }
  void look() {
    const std::lock_guard lock(mutex_);
    last = {db.one("SELECT count(*) FROM holdfast_outbox_published"), db.one("SELECT count(*) FROM holdfast_inbox"),
            bus.one("SELECT count(*) FROM bindings")};
    if (!first) first = last;
    changed_.notify_all();
  }
  [[nodiscard]] bool until(const std::function<bool()>& so) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(1), [&] { return first && so(); });
  }

  Db db{folder.file("test.db")}, bus{folder.file("bus.db")};
  std::optional<Look> first;
  Look last;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

TEST_F(HostUpkeep, WhatIsPastRetentionIsGoneAfterOneChoreHoweverMuchItIs) {
  host.impl().upkeep_options().chores = 1h;
  host.start();
  ASSERT_TRUE(until([] { return true; }));
  EXPECT_EQ(first->published, "1") << "the young one";
}

TEST_F(HostUpkeep, TheInboxForgetsWhatIsPastTheWindowAllOfItOrNothing) {
  host.start();
  bool halfway = false;
  EXPECT_TRUE(until([&] {
    halfway |= last.handled != "601" && last.handled != "1";
    return last.handled == "1";
  }));
  EXPECT_FALSE(halfway) << "chores were over before all was deleted";
  EXPECT_EQ(Db(folder.file("test.db")).one("SELECT pruned_before FROM holdfast_inbox_horizon WHERE consumer = 'one'"),
            "599");
}

TEST_F(HostUpkeep, TheQueueIsDeclaredAgainAndAgain) {
  host.start();
  for (int times = 0; times < 2; ++times) {
    Db(folder.file("bus.db")).exec("DELETE FROM bindings");
    EXPECT_TRUE(until([&] { return last.bindings == "1"; })) << times;
  }
}

}  // namespace
}  // namespace holdfast::host_test
