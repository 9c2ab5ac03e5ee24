// G4: the head of a key before its followers.
#include "tests/unit/inbox/desk.hpp"

namespace holdfast::inbox::test {

class G4_BlockedKeys : public Desk {
 protected:
  void block() {
    fails("a", 1);
    deliver(delivery("a"));
    deliver(delivery("b"), delivery("c"), delivery("other", "2"));
  }
};

TEST_F(G4_BlockedKeys, WhatFollowsAFailureIsSetBehindItInDeliveryOrder) {
  block();
  EXPECT_EQ(effects(), names({"other"}));
  EXPECT_EQ(deferred("a")->wait, Wait::retry);
  EXPECT_EQ(deferred("b")->wait, Wait::blocked);
  EXPECT_EQ(state("c"), State::deferred);
  EXPECT_EQ(deliver(delivery("d")).counts, Counts{.behind = 1});
}

TEST_F(G4_BlockedKeys, TheHeadAndItsFollowersRunInOneTransaction) {
  block();
  clock.advance(seconds(2));
  ASSERT_EQ(inbox->due(10), (std::vector<Due>{{id_of("a"), "k", "thing.v1"}}));
  int commits = 0;
  faulty.before = [&](const std::string& call) { commits += call == "commit"; };
  const Report report = run_deferred("a");
  EXPECT_EQ(report.counts, Counts{.handled = 3});
  EXPECT_TRUE(report.more);
  EXPECT_EQ(commits, 1);
  EXPECT_EQ(effects(), names({"other", "a", "b", "c"}));
  EXPECT_EQ(state("c"), State::handled);
  EXPECT_FALSE(deferred("c"));
}

TEST_F(G4_BlockedKeys, NothingRunsBeforeItIsDueNorBeforeItIsHead) {
  block();
  EXPECT_EQ(run_deferred("a").counts, Counts{});
  EXPECT_EQ(run_deferred("b").counts, Counts{});
  clock.advance(seconds(2));
  EXPECT_EQ(run_deferred("b").counts, Counts{});
  EXPECT_EQ(effects(), names({"other"}));
}

TEST_F(G4_BlockedKeys, AFollowerThatThrowsRollsAllBackAndTheHeadRunsAlone) {
  block();
  fails("b");
  clock.advance(seconds(2));
  EXPECT_EQ(run_deferred("a").counts, Counts{.handled = 1});
  EXPECT_EQ(effects(), names({"other", "a"}));
  EXPECT_EQ(deferred("b")->attempts, 0) << "nothing counted for a follower";
  EXPECT_EQ(run_deferred("b").counts, Counts{.deferred = 1}) << "it is head now, and due";
  EXPECT_EQ(deferred("c")->wait, Wait::blocked);
}

TEST_F(G4_BlockedKeys, AFollowerWithAnotherFormOfHandlerWaitsForItsOwnTurn) {
  handlers.add(Handler{"own.v1", Form::own, [](Call&, std::span<const Envelope>) {}});
  fails("a", 1);
  deliver(delivery("a"));
  deliver(delivery("b", "k", "own.v1"));
  clock.advance(seconds(2));
  EXPECT_EQ(run_deferred("a").counts, Counts{.handled = 1});
  EXPECT_EQ(state("b"), State::deferred);
}

TEST_F(G4_BlockedKeys, WithBlockFollowersWaitBehindADeadHead) {
  behaves["a"] = [](Call&) { throw Reject("no"); };
  deliver(delivery("a"), delivery("b"));
  clock.advance(hours(1));
  EXPECT_TRUE(inbox->due(10).empty());
  EXPECT_EQ(Acts(*inbox).discard(id_of("a"), action()), Acted::done);
  run_due();
  EXPECT_EQ(effects(), names({"b"}));
}

TEST_F(G4_BlockedKeys, WithProceedTheyGoOn) {
  policy.after_dead = AfterDead::proceed;
  behaves["a"] = [](Call&) { throw Reject("no"); };
  EXPECT_EQ(deliver(delivery("a"), delivery("b")).counts, (Counts{.handled = 1, .dead = 1}));
  EXPECT_EQ(effects(), names({"b"}));
}

TEST_F(G4_BlockedKeys, OrderingNoneBlocksNobody) {
  policy.ordering = Ordering::none;
  fails("a", 2);  // in the batch, then alone
  EXPECT_EQ(deliver(delivery("a"), delivery("b")).counts, (Counts{.handled = 1, .deferred = 1}));
  clock.advance(seconds(2));
  run_due();
  EXPECT_EQ(effects(), names({"b", "a"}));
}

TEST_F(G4_BlockedKeys, BlockedKeysAreReadAfterTheClaim) {
  std::vector<std::string> calls;
  faulty.before = [&](const std::string& call) { calls.push_back(call); };
  deliver(delivery("a"));
  const auto claim = std::find(calls.begin(), calls.end(), "claim");
  EXPECT_LT(claim, std::find(calls.begin(), calls.end(), "blocked"));
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "blocked"), 1);
}

TEST_F(G4_BlockedKeys, ALockedOneIsLeftToWhoHasIt) {
  block();
  clock.advance(seconds(2));
  faulty.rows_locked = true;
  EXPECT_EQ(run_deferred("a").counts, Counts{});
  EXPECT_EQ(effects(), names({"other"}));
}

TEST_F(G4_BlockedKeys, AHandlersUnavailableLeavesTheHeadAsItWas) {
  block();
  clock.advance(seconds(2));
  behaves["a"] = [](Call&) { throw Unavailable("the gateway is away"); };
  const Report report = run_deferred("a");
  EXPECT_EQ(report.end, End::unavailable);
  EXPECT_EQ(report.type, "thing.v1");
  EXPECT_EQ(deferred("a")->attempts, 1);
  EXPECT_TRUE(inbox->starts({id_of("a")}).empty()) << "the process did not die of it";
}

// ---- batch = 1: an operator's hand between the run and its failure

class G6_Compare : public Desk {
 protected:
  G6_Compare() {
    policy.batch = 1;
    policy.retry.delays = {seconds(1), seconds(5)};
    fails("a", 1);
    deliver(delivery("a"));
    clock.advance(seconds(2));
  }
};

TEST_F(G6_Compare, AFailureCountsOnlyIfTheRowIsStillTheOneThatRan) {
  early["a"] = [&](Call&) {
    early.clear();
    fails("a", 1);
    Consumer rival(Surroundings{*inbox, clock, handlers, policy, [] { return 0.0; }});
    EXPECT_EQ(rival.run_deferred({id_of("a"), "k"}, {.guarded = true, .exclusive = true}).counts,
              Counts{.deferred = 1});
    throw std::runtime_error("does not work here either");
  };
  EXPECT_EQ(run_deferred("a").counts, Counts{});
  EXPECT_EQ(deferred("a")->attempts, 2);
}

TEST_F(G6_Compare, ADeferredEventWithOutsideEffectsRunsAlone) {
  deliver(delivery("b"));
  EXPECT_EQ(run_deferred("a").counts, Counts{.handled = 1});
  EXPECT_EQ(state("b"), State::deferred);
  EXPECT_EQ(run_deferred("b").counts, Counts{.handled = 1});
  EXPECT_EQ(effects(), names({"a", "b"}));
}

TEST_F(G6_Compare, ARivalThatSettledTheDeferredEventEndsTheRun) {
  early["a"] = [&](Call&) {
    early.clear();
    Consumer rival(Surroundings{*inbox, clock, handlers, policy, [] { return 0.0; }});
    EXPECT_EQ(rival.run_deferred({id_of("a"), "k"}, {.guarded = true, .exclusive = true}).counts, Counts{.handled = 1});
  };
  EXPECT_EQ(run_deferred("a").counts, Counts{});
  EXPECT_EQ(effects(), names({"a"}));
}

}  // namespace holdfast::inbox::test
