// G1: only a settled delivery is acknowledged, in its own session. G4: lanes.
#include "tests/unit/inbox/talk.hpp"

namespace holdfast::inbox::test {

using std::chrono::seconds;

class G1_Session : public Talk {
 protected:
  /// Connected, nothing due.
  void begin() {
    start();
    nothing_due();
  }
};
class G4_Lanes : public G1_Session {};
class G6_StoreDown : public G1_Session {};

TEST_F(G1_Session, StartsByConnectingAndLookingForWhatIsDue) {
  EXPECT_EQ(start(), words({"connect", "credit 6", "look for due 256"}));
}

TEST_F(G1_Session, ThePrefetchIsBounded) {
  options.lanes = 32;
  options.batch = 64;
  EXPECT_EQ(start(), words({"connect", "credit 2000", "look for due 256"}));
}

TEST_F(G1_Session, ABatchIsAcknowledgedWhenItIsSettled) {
  begin();
  EXPECT_EQ(receive({{1}, {2}}), words({"run lane 0: 1:1 1:2"})) << "it never waits for more";
  EXPECT_EQ(receive({{3}, {4}, {5}, {6}}), words({}));
  EXPECT_EQ(done(2), words({"ack 1:1 1:2", "run lane 0: 1:3 1:4 1:5"}));
  EXPECT_EQ(done(3), words({"ack 1:3 1:4 1:5", "run lane 0: 1:6"}));
}

TEST_F(G1_Session, WhatIsNotSettledGoesBackToTheFront) {
  begin();
  receive({{1}, {2}, {3}, {4}});
  EXPECT_EQ(settle(0, down(1)), words({"ack 1:1"}));
  EXPECT_EQ(after(seconds(1)), words({"look for due 256"}));
  EXPECT_EQ(nothing_due(), words({"run lane 0: 1:2 1:3 1:4"}));
}

TEST_F(G1_Session, ANewSessionDropsWhatLanesHadNotBegun) {
  begin();
  receive({{1}, {2}, {3}, {4}});
  EXPECT_EQ(end_session(1), words({}));
  EXPECT_EQ(receive({{1, "k", true}}, 2), words({})) << "the lane still runs the old batch";
  EXPECT_EQ(done(3), words({"run lane 0: 2:1r guarded"})) << "no ack for a dead session, 1:4 is gone";
  EXPECT_EQ(done(1), words({"ack 2:1"}));
}

TEST_F(G1_Session, WhatADeadSessionDidNotSettleIsNotGivenBack) {
  begin();
  receive({{1}, {2}});
  end_session(1);
  settle(0, down(1));
  after(seconds(1));
  EXPECT_EQ(nothing_due(), words({})) << "the new session brings it";
  EXPECT_TRUE(session().idle());
}

TEST_F(G1_Session, StopFinishesWhatRunsAcknowledgesAndEnds) {
  begin();
  receive({{1}, {2}, {3}, {4}});
  EXPECT_EQ(stop(), words({"credit 0"}));
  EXPECT_EQ(receive({{5}}), words({}));
  EXPECT_EQ(done(3), words({"ack 1:1 1:2 1:3", "finished"}));
}

TEST_F(G1_Session, StopWaitsForALookThatIsUnderWay) {
  start();
  EXPECT_EQ(stop(), words({"credit 0"}));
  EXPECT_EQ(due({due_of(1)}), words({"finished"}));
  EXPECT_FALSE(session().next());
}

// ---- lanes

TEST_F(G4_Lanes, OneKeyIsInOneLaneAndDifferentKeysInParallel) {
  options.lanes = 2;
  begin();
  std::string other;
  const Lanes lanes(2, 3);
  for (char c = 'a'; other.empty(); ++c)
    if (lanes.lane_of(std::string(1, c), {}) != lanes.lane_of("k", {})) other = c;
  const auto said = receive({{1}, {2, other}, {3}});
  ASSERT_EQ(said.size(), 2u);
  EXPECT_TRUE(said[0].ends_with(": 1:1 1:3") || said[1].ends_with(": 1:1 1:3"));
  EXPECT_TRUE(said[0].ends_with(": 1:2") || said[1].ends_with(": 1:2"));
}

TEST_F(G4_Lanes, WithoutAKeyTheLaneIsByTheId) {
  const Lanes lanes(64, 3);
  std::set<int> used;
  for (std::uint64_t tag = 0; tag < 50; ++tag) used.insert(lanes.lane_of("", id(tag)));
  EXPECT_GT(used.size(), 20u);
}

TEST_F(G4_Lanes, TheLanesBitsAreNotThoseOfTheShard) {
  const Lanes lanes(4, 3);
  std::map<int, std::set<int>> lanes_of_shard;
  for (int i = 0; i < 2000; ++i) {
    const std::string key = "key" + std::to_string(i);
    lanes_of_shard[static_cast<int>(std::hash<std::string>()(key) % 4)].insert(lanes.lane_of(key, {}));
  }
  for (const auto& [shard, used] : lanes_of_shard) EXPECT_EQ(used.size(), 4u);
}

TEST_F(G4_Lanes, ARedeliveredEventRunsAloneInItsLane) {
  begin();
  EXPECT_EQ(receive({{1}, {2, "k", true}, {3, "k", true}, {4}}), words({"run lane 0: 1:1"}));
  EXPECT_EQ(done(1), words({"ack 1:1", "run lane 0: 1:2r guarded"}));
  EXPECT_EQ(done(1), words({"ack 1:2", "run lane 0: 1:3r guarded"}));
  EXPECT_EQ(done(1), words({"ack 1:3", "run lane 0: 1:4"}));
}

// ---- deferred events

class G4_Due : public G1_Session {};

TEST_F(G4_Due, AreLookedForEachSecondAndTakeTurnsWithDeliveries) {
  begin();
  EXPECT_EQ(after(Millis(999)), words({}));
  EXPECT_EQ(after(Millis(1)), words({"look for due 256"}));
  receive({{1}, {2}, {3}, {4}});
  EXPECT_EQ(due({due_of(8), due_of(9)}), words({})) << "the lane runs";
  EXPECT_EQ(done(3), words({"ack 1:1 1:2 1:3", deferred(8)}));
  EXPECT_EQ(settle(0, Report{}), words({"run lane 0: 1:4"}));
  EXPECT_EQ(done(1), words({"ack 1:4", deferred(9)}));
  EXPECT_EQ(settle(0, Report{}), words({}));
}

TEST_F(G4_Due, MoreOfAKeyAreLookedForAtOnce) {
  start();
  EXPECT_EQ(due({due_of(1)}), words({deferred(1)}));
  Report report;
  report.more = true;
  EXPECT_EQ(settle(0, report), words({"look for due 256"}));
}

TEST_F(G4_Due, AFullLookIsFollowedByAnotherWhenItsEventsHaveRun) {
  options.due_limit = 1;
  start();
  EXPECT_EQ(due({due_of(1)}), words({deferred(1)}));
  EXPECT_EQ(settle(0, Report{}), words({"look for due 1"}));
}

TEST_F(G4_Due, OneThatRunsIsNotBegunAgain) {
  options.lanes = 1;
  start();
  due({due_of(1)});
  EXPECT_EQ(after(seconds(1)), words({"look for due 256"}));
  EXPECT_EQ(due({due_of(1)}), words({}));
  EXPECT_EQ(settle(0, Report{}), words({}));
}

// ---- the store is down

TEST_F(G6_StoreDown, StopsAndAsksAgainWithBackoff) {
  begin();
  receive({{1}});
  EXPECT_EQ(settle(0, down()), words({}));
  EXPECT_EQ(receive({{2}}), words({}));
  EXPECT_EQ(session().next(), now + Millis(100));
  EXPECT_EQ(after(Millis(100)), words({"look for due 256"}));
  EXPECT_EQ(store_down(), words({}));
  EXPECT_EQ(after(Millis(199)), words({}));
  EXPECT_EQ(after(Millis(1)), words({"look for due 256"}));
  EXPECT_EQ(nothing_due(), words({"run lane 0: 1:1 1:2"}));
}

TEST_F(G6_StoreDown, AfterAMinuteTheChannelIsClosedAndReturnsWithTheStore) {
  begin();
  receive({{1}});
  empty();
  settle(0, down());
  for (int i = 0; i < 59; ++i)
    if (!after(seconds(1)).empty()) store_down();
  EXPECT_EQ(after(seconds(1)).front(), "disconnect");
  EXPECT_TRUE(session().idle()) << "the broker hands it out again";
  EXPECT_FALSE(session().queue_empty()) << "what went back waits there";
  store_down();
  EXPECT_EQ(after(seconds(5)), words({"look for due 256"}));
  EXPECT_EQ(nothing_due(), words({"connect", "credit 6"}));
}

// ---- for pruning

// The store takes the lowest of those handled lately for how far the queue has come: what failed is none of them.
TEST_F(G1_Session, WhatFailedMakesItNotPrunable) {
  begin();
  receive({{1}});
  Report failed;
  failed.settled = 1, failed.counts.dead = 1;
  settle(0, failed);
  EXPECT_FALSE(session().prunable(now));
}

TEST_F(G1_Session, IsNotPrunableWhileASuspectWaitsForItsTurn) {
  begin();
  receive({{1, "a", true}, {2, "b"}});
  settle(0, suspect(1));
  done(1);
  EXPECT_FALSE(session().prunable(now)) << "2 was handled, and 1 is older";
}

TEST_F(G1_Session, IsPrunableWhileItHandlesOrItsQueueIsKnownToBeEmpty) {
  begin();
  EXPECT_FALSE(session().prunable(now)) << "nothing is known";
  empty();
  EXPECT_TRUE(session().prunable(now));
  receive({{1}});
  EXPECT_FALSE(session().prunable(now));
  done(1);
  EXPECT_TRUE(session().prunable(now + std::chrono::minutes(49)));
  EXPECT_FALSE(session().prunable(now + std::chrono::minutes(50)));
  receive({{2}});
  empty();
  session().stop(now);
  EXPECT_FALSE(session().queue_empty()) << "what waited here goes back";
}

}  // namespace holdfast::inbox::test
