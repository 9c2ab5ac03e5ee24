// G5: an event that ends the process each time it runs dies alone. G6: a release that does so with all uses up nothing.
#include "tests/unit/inbox/talk.hpp"

namespace holdfast::inbox::test {

using std::chrono::seconds;

class G5_Suspects : public Talk {
 protected:
  explicit G5_Suspects(bool clean = true) : Talk(clean) { options.look_every = std::chrono::hours(1); }
  void begin() {
    start();
    nothing_due();
  }
};
class G6_AfterACrash : public G5_Suspects {
 protected:
  G6_AfterACrash() : G5_Suspects(false) { options.batch = 8; }
};

// ---- the judgement of an account

TEST(G5_Judge, ThreeCountedStartsOrTwentyAloneAreACrashLoop) {
  EXPECT_EQ(judge({0, 0, 0}, false, 3, 20), Guarded::run);
  EXPECT_EQ(judge({1, 0, 1}, false, 3, 20), Guarded::alone);
  EXPECT_EQ(judge({1, 0, 1}, true, 3, 20), Guarded::run);
  EXPECT_EQ(judge({2, 19, 50}, true, 3, 20), Guarded::run) << "uncounted starts use up nothing";
  EXPECT_EQ(judge({3, 0, 3}, true, 3, 20), Guarded::crash_loop);
  EXPECT_EQ(judge({1, 20, 20}, true, 3, 20), Guarded::crash_loop);
}

// ---- a suspect in a process that is well

TEST_F(G5_Suspects, LetsOthersPassAndRunsAloneAfterOneOfThem) {
  begin();
  receive({{1, "a", true}, {2, "a"}, {3, "b"}});
  EXPECT_EQ(settle(0, suspect(1)), words({"run lane 0: 1:3"})) << "2 is of its key and waits behind it";
  EXPECT_EQ(done(1), words({"ack 1:3"})) << "restarts back off";
  EXPECT_EQ(session().next(), now + seconds(1));
  EXPECT_EQ(after(seconds(1)), words({"run lane 0: 1:1r guarded exclusive"}));
  EXPECT_EQ(done(1), words({"ack 1:1", "run lane 0: 1:2"}));
}

TEST_F(G5_Suspects, ADuplicateIsNoNews) {
  begin();
  receive({{1, "a", true}, {2, "b", true}, {3, "c"}});
  EXPECT_EQ(settle(0, suspect(1)), words({"run lane 0: 1:2r guarded"}));
  after(seconds(1));
  EXPECT_EQ(settle(0, duplicate()), words({"ack 1:2", "run lane 0: 1:3"})) << "its ack may die with the suspect";
  EXPECT_EQ(done(1), words({"ack 1:3", "run lane 0: 1:1r guarded exclusive"}));
}

TEST_F(G5_Suspects, WaitsUntilNothingElseRuns) {
  options.lanes = 2;
  begin();
  const Lanes lanes(2, 3);
  std::string other;
  for (char c = 'a'; other.empty(); ++c)
    if (lanes.lane_of(std::string(1, c), {}) != lanes.lane_of("k", {})) other = c;
  const int mine = lanes.lane_of("k", {}), theirs = lanes.lane_of(other, {});
  receive({{1, "k", true}, {2, other}, {3, other}, {4, other}, {5, other}});
  EXPECT_EQ(settle(mine, suspect(1)), words({}));
  EXPECT_EQ(done(3, theirs).size(), 2u);
  EXPECT_EQ(after(seconds(1)), words({})) << "5 runs";
  EXPECT_EQ(receive({{6, other}}), words({}));
  const auto said = done(1, theirs);
  ASSERT_EQ(said.size(), 2u) << "6 waits: nothing begins beside a suspect";
  EXPECT_TRUE(said[1].ends_with("1:1r guarded exclusive")) << said[1];
  EXPECT_EQ(after(seconds(1)), words({})) << "nor while it runs";
  EXPECT_EQ(done(1, mine).size(), 2u);
}

TEST_F(G5_Suspects, NothingOfAnotherKeyInFiveSecondsIsAloneInTheQueue) {
  begin();
  receive({{1, "a", true}, {2, "a"}});
  EXPECT_EQ(settle(0, suspect(1)), words({}));
  EXPECT_EQ(after(Millis(4999)), words({}));
  EXPECT_EQ(after(Millis(1)), words({"run lane 0: 1:1r guarded exclusive alone"}));
}

TEST_F(G5_Suspects, AQueueThatIsKnownToBeEmptyNeedsNoWaiting) {
  begin();
  receive({{1, "a", true}});
  settle(0, suspect(1));
  EXPECT_EQ(empty(), words({}));
  EXPECT_EQ(after(seconds(1)), words({"run lane 0: 1:1r guarded exclusive alone"}));
}

TEST_F(G5_Suspects, OfSeveralTheOneWithTheFewestStartsGoesFirst) {
  begin();
  receive({{1, "a", true}, {2, "b", true}});
  EXPECT_EQ(settle(0, suspect(2)), words({"run lane 0: 1:2r guarded"}));
  EXPECT_EQ(settle(0, suspect(1)), words({}));
  EXPECT_EQ(after(seconds(2)), words({"run lane 0: 1:2r guarded exclusive"}));
  EXPECT_EQ(done(1), words({"ack 1:2", "run lane 0: 1:1r guarded exclusive"}));
}

TEST_F(G5_Suspects, OneWithFewerStartsIsWaitedFor) {
  begin();
  receive({{1, "a", true}, {2, "b", true}});
  EXPECT_EQ(settle(0, suspect(3)), words({"run lane 0: 1:2r guarded"}));
  EXPECT_EQ(after(seconds(4)), words({})) << "2 runs";
  EXPECT_EQ(settle(0, suspect(1)), words({}))
      << "1 has waited long enough, but may kill the process before 2 could tell";
  EXPECT_EQ(after(seconds(1)), words({"run lane 0: 1:2r guarded exclusive"}));
  EXPECT_EQ(done(1), words({"ack 1:2", "run lane 0: 1:1r guarded exclusive"}));
}

TEST_F(G5_Suspects, OneBehindAnotherSuspectIsNobodyToWaitFor) {
  begin();
  receive({{1, "a", true}, {2, "b", true}, {3, "a"}});
  settle(0, suspect(2));
  EXPECT_EQ(settle(0, suspect(1)), words({}));
  EXPECT_EQ(after(seconds(2)), words({"run lane 0: 1:2r guarded exclusive"}));
}

TEST_F(G5_Suspects, ADeferredOneIsASuspectToo) {
  start();
  EXPECT_EQ(due({due_of(7, "a")}), words({deferred(7)}));
  receive({{1, "b"}});
  EXPECT_EQ(settle(0, suspect(1)), words({"run lane 0: 1:1"}));
  done(1);
  EXPECT_EQ(after(seconds(1)), words({deferred(7, " guarded exclusive")}));
}

TEST_F(G5_Suspects, AnotherEventUnderItsIdHoldsItsOwnKeyBackAndNotTheSuspect) {
  start();
  due({due_of(7, "a")});
  receive({{7, "b"}, {8, "b"}});
  EXPECT_EQ(settle(0, suspect(1)), words({}));
  EXPECT_EQ(after(seconds(5)), words({deferred(7, " guarded exclusive alone")}));
  EXPECT_EQ(done(1), words({"run lane 0: 1:7 1:8"}));
}

TEST_F(G5_Suspects, OneWhoseSessionEndsIsForgotten) {
  begin();
  receive({{1, "a", true}});
  settle(0, suspect(1));
  end_session(1);
  EXPECT_EQ(after(seconds(10)), words({}));
  EXPECT_EQ(receive({{1, "a", true}}, 2), words({"run lane 0: 2:1r guarded"}));
}

// ---- after an unclean end

TEST_F(G6_AfterACrash, ThePrefetchIsSmallAndDoublesWithEachSuccess) {
  EXPECT_EQ(start(), words({"connect", "credit 4", "look for due 256"}));
  nothing_due();
  receive({{1, "a"}, {2, "b"}, {3, "c"}});
  EXPECT_EQ(done(1).at(1), "credit 8");
  EXPECT_EQ(done(2).at(1), "credit 16") << "16 is full";
}

TEST_F(G6_AfterACrash, OneAtATimeUntilSomethingIsSettled) {
  begin();
  EXPECT_EQ(receive({{1, "a", true}, {2, "b"}, {3, "c"}}), words({"run lane 0: 1:1r guarded"}));
  EXPECT_EQ(done(1), words({"ack 1:1", "credit 8", "run lane 0: 1:2 1:3"}));
}

TEST_F(G6_AfterACrash, EachRestartWaitsLonger) {
  begin();
  receive({{1, "a", true}, {2, "b"}});
  EXPECT_EQ(settle(0, suspect(4)), words({"credit 5"})) << "a suspect takes nobody's place";
  EXPECT_EQ(session().next(), now + seconds(5));
  EXPECT_EQ(after(Millis(7999)), words({}));
  EXPECT_EQ(after(Millis(1)), words({"run lane 0: 1:2"})) << "another one goes first";
}

TEST_F(G6_AfterACrash, NoWaitIsLongerThanFiveMinutes) {
  begin();
  receive({{1, "a", true}, {2, "b"}});
  settle(0, suspect(40));
  EXPECT_EQ(after(std::chrono::minutes(5) - Millis(1)), words({}));
  EXPECT_EQ(after(Millis(1)).size(), 1u);
}

}  // namespace holdfast::inbox::test
