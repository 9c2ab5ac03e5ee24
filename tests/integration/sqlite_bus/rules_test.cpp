// Rules of the bus in a file that show only with several queues, several sessions, or a commit that fails.
#include <thread>

#include "bus_folder.hpp"
#include "child.hpp"
#include "holdfast/errors.hpp"
#include "integration/faulty_disk.hpp"

namespace holdfast::bus_test {
namespace {

using Strings = std::vector<std::string>;

struct HandClock : ports::Clock {
  ports::Tick steady() const override { return ports::Tick(passed.load()); }
  Timestamp utc() const override { return Timestamp(std::chrono::hours(500'000) + passed.load()); }
  std::atomic<ports::Millis> passed{ports::Millis(0)};
  void pass(ports::Millis time) { passed = passed.load() + time; }
};

struct SqliteBusRules : BusFolder {
  std::int64_t ask(const std::string& sql) const {
    sqlite3* db = nullptr;
    std::int64_t out = -1;
    EXPECT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 20'000);
    const auto take = [](void* to, int, char** values, char**) {
      if (values[0]) *static_cast<std::int64_t*>(to) = std::stoll(values[0]);
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), take, &out, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
    return out;
  }
};

std::vector<bool> again(const std::vector<ports::Delivery>& events) {
  std::vector<bool> out;
  for (const auto& e : events) out.push_back(e.redelivered);
  return out;
}

// ---- the depth of a queue

TEST_F(SqliteBusRules, TheDepthIsExactWhileItIsSmallAndCostsTheSameWhenItIsNot) {
  const auto bus = open(file());
  for (const auto* name : {"long", "short"}) bus->topology().declare({name, {name}, false});
  const auto fill = [&](const std::string& queue, int from, int to) {
    ask("WITH RECURSIVE n(i) AS (SELECT " + std::to_string(from) + " UNION ALL SELECT i + 1 FROM n WHERE i < " +
        std::to_string(to) +
        ") INSERT INTO events(queue, message_id, type, published_at, body) SELECT id, i, 't', 0, ''" +
        " FROM n, queues WHERE name = '" + queue + "'");
  };
  fill("long", 1, 10'000);
  EXPECT_EQ(bus->topology().depth("long").ready, 10'000);
  double in_all = 10'000;
  for (int i = 0; i < 200; ++i) {  // the two queues share their numbers, in no rhythm
    const int more = 500 + i * 37 % 983;
    fill("short", 1, 10), fill("long", 1, more);
    in_all += more;
  }
  EXPECT_EQ(bus->topology().depth("short").ready, 2'000);
  EXPECT_NEAR(static_cast<double>(bus->topology().depth("long").ready), in_all, in_all * 0.02);
  EXPECT_EQ(bus->topology().depth("none"), ports::Topology::Depth());
  ask("DELETE FROM events WHERE queue = (SELECT id FROM queues WHERE name = 'long') AND position % 100 > 0");
  const auto thinned = ask("SELECT count(*) FROM events JOIN queues ON id = queue WHERE name = 'long'");
  EXPECT_EQ(bus->topology().depth("long").ready, thinned) << "few again";
}

// ---- what is redelivered says so, and is whole

TEST_F(SqliteBusRules, G5_ByKeyAnEarlierSessionsEventsStayMarkedThoughTheNextOneIsShort) {
  const auto bus = open(file());
  bus->topology().declare({"keyed", {"#"}, true});
  publish(*bus, {"1", "2", "3"});
  const auto first = receive(*bus, "keyed", 3);
  ASSERT_EQ(poll(*first).deliveries.size(), 3u);
  first->disconnect();
  const auto second = receive(*bus, "keyed", 1);
  for (const auto* body : {"1", "2"}) {
    const auto one = poll(*second).deliveries;
    ASSERT_EQ(bodies(one), Strings{body}) << "one after the other, though all were handed out before";
    second->credit(2);
    if (one[0].body == "2") second->ack(std::vector<ports::Position>{{one[0].session, one[0].tag - 1}});
  }
  second->disconnect();
  publish(*bus, {"4"});
  const auto rest = poll(*receive(*bus, "keyed")).deliveries;
  EXPECT_EQ(bodies(rest), (Strings{"2", "3", "4"}));
  EXPECT_EQ(again(rest), (std::vector<bool>{true, true, false}));
}

TEST_F(SqliteBusRules, G1_NoLoss_WhatWasGivenBackIsTakenBitByBitAndWithinTheCredit) {
  const auto bus = open(file());
  bus->topology().declare({"loose", {"#"}, false});
  publish(*bus, {"1", "2", "3"});
  auto first = receive(*bus, "loose");
  ASSERT_EQ(poll(*first).deliveries.size(), 3u);
  first.reset();
  publish(*bus, {"4", "5"});
  const auto second = receive(*bus, "loose", 1);
  auto got = poll(*second).deliveries;
  ASSERT_EQ(bodies(got), Strings{"1"});
  second->credit(4);
  got = poll(*second).deliveries;
  EXPECT_EQ(bodies(got), (Strings{"2", "3", "4"})) << "one is open, and four may be";
  EXPECT_EQ(again(got), (std::vector<bool>{true, true, false}));
}

TEST_F(SqliteBusRules, G1_NoLoss_QueuesOfOneFileKnowNothingOfEachOther) {
  const auto bus = open(file());
  for (const auto* queue : {"a", "b"}) bus->topology().declare({queue, {"#"}, false});
  publish(*bus, {"1", "2", "3"});  // by turns in the one table: a, b, a, b, a, b
  auto first = receive(*bus, "a");
  const auto second = receive(*bus, "b");
  EXPECT_EQ(poll(*first).deliveries.size(), 3u);
  const auto got = poll(*second).deliveries;
  EXPECT_EQ(bodies(got), (Strings{"1", "2", "3"}));
  first.reset();
  ack(*second, got);
  EXPECT_TRUE(poll(*second).empty);
  EXPECT_EQ(bodies(poll(*receive(*bus, "a")).deliveries), (Strings{"1", "2", "3"}));
}

TEST_F(SqliteBusRules, ManyEventsComeInParts) {
  const auto bus = open(file());
  bus->topology().declare({"keyed", {"#"}, true});
  publish(*bus, numbers(1, 300));
  const auto receiver = receive(*bus, "keyed");
  EXPECT_EQ(poll(*receiver).deliveries.size(), 256u);
  EXPECT_EQ(poll(*receiver).deliveries.size(), 44u);
}

// ---- acks

TEST_F(SqliteBusRules, G1_NoLoss_AnAckOfWhatWasNeverHandedOutCountsForNothing) {
  const auto bus = open(file());
  bus->topology().declare({"keyed", {"#"}, true});
  publish(*bus, {"1", "2"});
  const auto receiver = receive(*bus, "keyed", 1);
  const auto got = poll(*receiver).deliveries;
  ASSERT_EQ(got.size(), 1u);
  receiver->ack(std::vector<ports::Position>{{got[0].session, got[0].tag + 1}});
  poll(*receiver);
  EXPECT_EQ(bus->topology().depth("keyed").ready, 2);
}

TEST_F(SqliteBusRules, AReceiverThatHasNothingToSayWritesNothing) {
  const auto bus = open(file(), ports::system_clock(), test_settings(10ms));
  bus->topology().declare({"keyed", {"#"}, true});
  publish(*bus, {"1"});
  const auto receiver = receive(*bus, "keyed");
  ack(*receiver, poll(*receiver).deliveries);
  Child other({"lock", file()});
  other.expect("locked");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(poll(*receiver).empty) << "it need not wait for the one place for a writer";
  bus->topology().declare({"keyed", {"#"}, true});
}

struct BelowAll {
  FaultyDisk disk{"bus.db"};
};
struct SqliteBusCommits : BelowAll, SqliteBusRules {};

TEST_F(SqliteBusCommits, G1_NoLoss_OfAReceiverFailAndItsAcksWaitForTheNext) {
  HandClock clock;
  const auto bus = open(file(), clock);
  bus->topology().declare({"keyed", {"#"}, true});
  publish(*bus, {"1", "2"});
  const auto receiver = receive(*bus, "keyed", 1);
  ports::Received got;
  receiver->pump(clock.steady(), got);
  ASSERT_EQ(bodies(got.deliveries), Strings{"1"});
  receiver->ack(std::vector<ports::Position>{{got.deliveries[0].session, got.deliveries[0].tag}});
  disk.next_write = SQLITE_FULL;
  got.deliveries.clear();
  receiver->pump(clock.steady(), got);
  EXPECT_FALSE(got.connected) << "said with the values of an earlier call before it";
  EXPECT_NE(got.problem.find("the disk is full"), std::string::npos) << got.problem;
  EXPECT_TRUE(got.deliveries.empty());
  EXPECT_EQ(bus->topology().depth("keyed").ready, 2);
  EXPECT_FALSE(poll(*receiver).connected) << "not asked again at once";
  clock.pass(test_settings().again);
  const auto next = poll(*receiver);
  EXPECT_TRUE(next.connected) << next.problem;
  EXPECT_EQ(bodies(next.deliveries), Strings{"2"});
  EXPECT_EQ(bus->topology().depth("keyed").ready, 1) << "the ack was not forgotten";
}

TEST_F(SqliteBusCommits, G2_OfAPublisherFailAndNothingOfTheBatchIsThere) {
  const auto bus = open(file());
  bus->topology().declare({"keyed", {"#"}, true});
  disk.next_write = SQLITE_FULL;
  const auto results = publish(*bus, {"1", "2"});
  ASSERT_EQ(results.size(), 2u);
  for (const auto& result : results) EXPECT_EQ(result.outcome, ports::Outcome::unknown);
  EXPECT_EQ(bus->topology().depth("keyed").ready, 0);
  disk.next_sync = SQLITE_IOERR_FSYNC;
  for (const auto& result : publish(*bus, {"1", "2"})) EXPECT_EQ(result.outcome, ports::Outcome::unknown);
  const auto there = bus->topology().depth("keyed").ready;
  EXPECT_TRUE(there == 0 || there == 2) << there;
}

TEST_F(SqliteBusRules, APublisherTakesSoManyAndSoMuchAndOneOfAnySize) {
  auto settings = test_settings();
  settings.most_buffered = 3, settings.most_bytes = 10;
  const auto bus = open(file(), ports::system_clock(), settings);
  bus->topology().declare({"keyed", {"#"}, true});
  const auto publisher = bus->publisher();
  const auto large = event(std::string(100, 'x')), small = event("1"), medium = event("123456");
  const auto accepts = [&](const ports::OutgoingEvent& one) { return publisher->accept({1, &one}); };
  const auto write = [&] {
    std::vector<ports::PublishResult> results;
    EXPECT_EQ(publisher->pump(ports::system_clock().steady(), results), ports::SessionState::open);
    return results.size();
  };
  EXPECT_TRUE(accepts(large)) << "else it could never go";
  EXPECT_FALSE(accepts(small));
  EXPECT_EQ(write(), 1u);
  EXPECT_TRUE(accepts(medium));
  EXPECT_FALSE(accepts(medium));
  EXPECT_TRUE(accepts(small));
  EXPECT_TRUE(accepts(small));
  EXPECT_FALSE(accepts(small));
  EXPECT_EQ(write(), 3u);
  EXPECT_EQ(bus->topology().depth("keyed").ready, 4);
}

TEST_F(SqliteBusRules, G1_NoLoss_WhatWasForOneQueueIsNotLostWithItThoughItsTypeMayBe) {
  const auto bus = open(file());
  bus->topology().declare({"keyed", {"#"}, true});
  const auto publisher = bus->publisher();
  auto astray = event("1");
  astray.destination = "gone.q", astray.unrouted_ok = true;
  ASSERT_TRUE(publisher->accept({1, &astray}));
  std::vector<ports::PublishResult> results;
  publisher->pump(ports::system_clock().steady(), results);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].outcome, ports::Outcome::returned);
}

// ---- the file and its queues

TEST_F(SqliteBusRules, ADeadLetterQueueThatIsMissingIsMadeAgain) {
  const auto bus = open(file());
  bus->topology().declare({"keyed.q", {"#"}, true});
  ask("DELETE FROM queues WHERE name = 'keyed.dlq'");
  bus->topology().declare({"keyed.q", {"#"}, true});
  EXPECT_EQ(ask("SELECT count(*) FROM queues WHERE name = 'keyed.dlq'"), 1);
}

TEST_F(SqliteBusRules, TheOrderingMayChangeBackAndForth) {
  const auto bus = open(file());
  bus->topology().declare({"q", {"#"}, false});
  publish(*bus, {"1", "2"});
  ASSERT_EQ(poll(*receive(*bus, "q")).deliveries.size(), 2u);
  for (const bool by_key : {true, false, true, false}) bus->topology().declare({"q", {"#"}, by_key});
  EXPECT_EQ(bodies(poll(*receive(*bus, "q")).deliveries), (Strings{"1", "2"}));
}

TEST_F(SqliteBusRules, AnEmptyFileThatAnotherProgramMarkedIsNotTaken) {
  ask("PRAGMA application_id = 7; CREATE TABLE t(v); DROP TABLE t");
  const auto bus = open(file());
  EXPECT_THROW(bus->topology().declare({"q", {"#"}, true}), Invalid);
}

TEST_F(SqliteBusRules, ManyMayOpenANewFileAtOnce) {
  for (int round = 0; round < 5; ++round) {
    const auto path = (folder / (std::to_string(round) + ".db")).string();
    std::atomic<int> opened = 0;
    {
      std::vector<std::jthread> programs;
      for (int i = 0; i < 6; ++i)
        programs.emplace_back([&] {
          try {
            open(path)->publisher();
            ++opened;
          } catch (const std::exception& error) { ADD_FAILURE() << error.what(); }
        });
    }
    EXPECT_EQ(opened, 6);
  }
}

// ---- who has the queue

TEST_F(SqliteBusRules, G1_NoLoss_WhoDiedAtOneQueueIsNoMatterOfAnother) {
  const auto bus = open(file());
  for (const auto* queue : {"a", "b"}) bus->topology().declare({queue, {"#"}, true});
  publish(*bus, {"1"});
  auto first = receive(*bus, "a");
  ASSERT_EQ(poll(*first).deliveries.size(), 1u);
  first.reset();
  EXPECT_EQ(bodies(poll(*receive(*bus, "b")).deliveries), Strings{"1"});
  EXPECT_EQ(bodies(poll(*receive(*bus, "a")).deliveries), Strings{"1"}) << "its queue is free";
}

TEST_F(SqliteBusRules, G4_Order_TheDeathOfOneThatStandsByFreesNoQueue) {
  const auto bus = open(file());
  bus->topology().declare({"keyed", {"#"}, true});
  publish(*bus, {"1"});
  const auto first = receive(*bus, "keyed");
  ASSERT_EQ(poll(*first).deliveries.size(), 1u);
  auto second = receive(*bus, "keyed");
  poll(*second);
  second.reset();
  EXPECT_TRUE(poll(*receive(*bus, "keyed")).deliveries.empty());
  EXPECT_TRUE(poll(*first).ended.empty());
}

TEST_F(SqliteBusRules, OneThatStandsByDoesNotCallTheQueueEmpty) {
  HandClock clock;
  const auto bus = open(file(), clock);
  bus->topology().declare({"keyed", {"#"}, true});
  const auto first = receive(*bus, "keyed"), second = receive(*bus, "keyed");
  EXPECT_TRUE(poll(*first).empty);
  EXPECT_FALSE(poll(*second).empty);
  clock.pass(25min);  // its lease wants to be renewed
  EXPECT_FALSE(poll(*second).empty);
}

TEST_F(SqliteBusRules, AQueueWithEventsThatWereGivenBackIsNotEmpty) {
  const auto bus = open(file());
  bus->topology().declare({"loose", {"#"}, false});
  publish(*bus, {"1"});
  auto first = receive(*bus, "loose");
  ASSERT_EQ(poll(*first).deliveries.size(), 1u);
  first.reset();
  const auto second = receive(*bus, "loose", 0);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(poll(*second).empty);
}

TEST_F(SqliteBusRules, G4_Order_ASessionEndsWhenTheOrderingWasChangedUnderIt) {
  HandClock clock;
  const auto bus = open(file(), clock);
  bus->topology().declare({"q", {"#"}, true});
  publish(*bus, {"1", "2"});
  const auto receiver = receive(*bus, "q", 1);
  const auto got = poll(*receiver).deliveries;
  ASSERT_EQ(got.size(), 1u);
  clock.pass(61min);  // it hangs; whoever changes the ordering meanwhile finds nobody
  bus->topology().declare({"q", {"#"}, false});
  EXPECT_EQ(poll(*receiver).ended, std::vector{got[0].session});
  EXPECT_EQ(bodies(poll(*receiver).deliveries), Strings{"1"});
}

TEST_F(SqliteBusRules, OneThatWaitsForEventsRenewsItsLeaseMeanwhile) {
  HandClock
      clock;  // it must stay behind the machine's, which waits are told by: a machine may have been started just now
  Settings settings = test_settings();
  settings.lease = 1min;
  const auto bus = open(file(), clock, settings);
  bus->topology().declare({"keyed", {"#"}, true});
  const auto receiver = receive(*bus, "keyed");
  poll(*receiver);
  const auto until = [&] { return ask("SELECT until FROM receivers"); };
  {
    const std::jthread waiting([&] {
      ports::Received got;
      receiver->pump(clock.steady() + 10h, got);
    });
    for (int times = 0; times < 2; ++times) {  // the first time it may have been about to look anyway
      const auto before = until();
      clock.pass(25s);
      for (const auto end = ports::system_clock().steady() + 20s;
           until() == before && ports::system_clock().steady() < end;) {}
      EXPECT_GT(until(), before);
    }
    receiver->wake();
  }
}

// ---- another process has the file

TEST_F(SqliteBusRules, G6_Patience_AFileThatIsBusyForAMomentIsWaitedFor) {
  const auto bus = open(file());
  bus->topology().declare({"keyed", {"#"}, true});
  Child other({"lock", file()});
  other.expect("locked");
  std::vector<ports::PublishResult> results;
  {
    const std::jthread publishing([&] { results = publish(*bus, {"1"}); });
    other.finish();
  }
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].outcome, ports::Outcome::confirmed) << results[0].error;
}

TEST_F(SqliteBusRules, WhoWaitsForTheFileCanBeCalledOff) {
  const auto bus = open(file(), ports::system_clock(), test_settings(1h));
  bus->topology().declare({"keyed", {"#"}, true});
  const auto publisher = bus->publisher();
  const auto one = event("1");
  ASSERT_TRUE(publisher->accept({1, &one}));
  Child other({"lock", file()});
  other.expect("locked");
  std::vector<ports::PublishResult> results;
  {
    const std::jthread publishing([&] { publisher->pump(ports::system_clock().steady(), results); });
    publisher->abort();
  }
  ASSERT_EQ(results.size(), 1u) << "and not an hour later";
  EXPECT_EQ(results[0].outcome, ports::Outcome::unknown);
}

// ---- calls inside a process: with pauses of an hour, nothing else brings a receiver back

struct SqliteBusCalls : SqliteBusRules {
  static Settings deaf() {
    auto settings = test_settings();
    settings.poll_busy = settings.poll_idle = 1h;
    return settings;
  }
};

TEST_F(SqliteBusCalls, APublishIsHeardAtOnce) {
  const auto bus = open(file(), ports::system_clock(), deaf());
  bus->topology().declare({"keyed", {"#"}, true});
  const auto receiver = receive(*bus, "keyed");
  poll(*receiver);
  ports::Received got;
  {
    const std::jthread waiting([&] { receiver->pump(ports::system_clock().steady() + 1h, got); });
    publish(*bus, {"1"});
  }
  EXPECT_EQ(bodies(got.deliveries), Strings{"1"});
}

}  // namespace
}  // namespace holdfast::bus_test
