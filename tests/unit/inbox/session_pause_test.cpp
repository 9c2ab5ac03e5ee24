// G6: a dependency that is away uses up nothing, and one event cannot pause all.
#include "tests/unit/inbox/talk.hpp"

namespace holdfast::inbox::test {

using std::chrono::seconds;

class G6_Pause : public Talk {
 protected:
  G6_Pause() {
    options.look_every = std::chrono::hours(1);  // keep the dialogue to the point
    start();
    nothing_due();
  }
};

TEST_F(G6_Pause, NothingBeginsUntilItIsOver) {
  receive({{1, "a"}, {2, "b"}});
  EXPECT_EQ(settle(0, unavailable(1)), words({"ack 1:1"}));
  EXPECT_TRUE(session().paused());
  EXPECT_EQ(receive({{3, "c"}}), words({}));
  EXPECT_EQ(session().next(), now + seconds(1));
  EXPECT_EQ(after(Millis(999)), words({}));
}

TEST_F(G6_Pause, IsProbedWithAnotherOfTheSameTypeAndAnotherKey) {
  receive({{1, "a"}, {2, "a"}, {3, "b", false, "other"}});
  settle(0, unavailable());
  receive({{4, "b"}, {5, "c"}});
  EXPECT_EQ(after(seconds(1)), words({"run lane 0: 1:5 exclusive alone"}))
      << "of key b one of another type comes first";
}

class G6_PauseWithoutOrder : public Talk {
 protected:
  G6_PauseWithoutOrder() {
    options.look_every = std::chrono::hours(1);
    options.by_key = false;
    start();
    nothing_due();
  }
};

TEST_F(G6_PauseWithoutOrder, IsProbedWithAnotherOfTheSameKey) {
  receive({{1, "a"}, {2, "a"}});
  settle(0, unavailable());
  EXPECT_EQ(after(seconds(1)), words({"run lane 0: 1:2 exclusive alone"})) << "nobody of another key is there to tell";
}

TEST_F(G6_Pause, AProbeThatGetsThroughPutsTheBlameOnTheFirst) {
  receive({{1, "a"}, {2, "b"}});
  settle(0, unavailable());
  EXPECT_EQ(after(seconds(1)), words({"run lane 0: 1:2 exclusive alone"}));
  EXPECT_EQ(done(1), words({"ack 1:2", "run lane 0: 1:1 blame"}));
  EXPECT_FALSE(session().paused());
  Report counted = handled(1);
  counted.counts = {.deferred = 1};
  EXPECT_EQ(settle(0, counted), words({"ack 1:1"}));
  EXPECT_EQ(receive({{1, "a"}}, 2), words({"run lane 0: 2:1"})) << "blamed once";
}

TEST_F(G6_Pause, AProbeThatIsUnavailableTooDoublesThePause) {
  receive({{1, "a"}, {2, "b"}});
  settle(0, unavailable());
  after(seconds(1));
  EXPECT_EQ(settle(0, unavailable()), words({}));
  EXPECT_EQ(after(Millis(1999)), words({}));
  EXPECT_EQ(after(Millis(1)), words({"run lane 0: 1:1 exclusive alone"}))
      << "there is no third: the first has its turn";
  EXPECT_EQ(settle(0, unavailable()), words({}));
  EXPECT_EQ(after(seconds(4)), words({"run lane 0: 1:2 exclusive alone"}));
  done(1);
}

TEST_F(G6_Pause, AProbeThatMayBeToBlameItselfIsFollowedByTheNext) {
  receive({{1, "a"}, {2, "b"}, {3, "c"}});
  settle(0, unavailable());
  EXPECT_EQ(after(seconds(1)), words({"run lane 0: 1:2 exclusive alone"}));
  settle(0, unavailable());
  EXPECT_EQ(after(seconds(2)), words({"run lane 0: 1:3 exclusive alone"}));
  EXPECT_EQ(done(1), words({"ack 1:3", "run lane 0: 1:2"})) << "the outage is over";
  EXPECT_EQ(done(1), words({"ack 1:2", "run lane 0: 1:1 blame"})) << "it fails only if it was to blame";
}

TEST_F(G6_Pause, AProbeThatSaysNothingIsFollowedByAnother) {
  receive({{1, "a"}, {2, "b"}, {3, "c"}});
  settle(0, unavailable());
  after(seconds(1));
  Report duplicate;
  duplicate.settled = 1;
  duplicate.counts.duplicates = 1;
  EXPECT_EQ(settle(0, duplicate), words({"ack 1:2", "run lane 0: 1:3 exclusive alone"}));
  EXPECT_TRUE(session().paused());
}

TEST_F(G6_Pause, WithNoOtherTheFirstIsProbedAndNotBlamed) {
  receive({{1, "a"}, {2, "a"}});
  settle(0, unavailable());
  EXPECT_EQ(after(seconds(1)), words({"run lane 0: 1:1 exclusive alone"}));
  EXPECT_EQ(done(1), words({"ack 1:1", "run lane 0: 1:2"}));
}

TEST_F(G6_Pause, ADeferredEventIsDueAgainAfterIt) {
  after(std::chrono::hours(1));
  EXPECT_EQ(due({due_of(7)}), words({deferred(7)}));
  EXPECT_EQ(settle(0, unavailable()), words({}));
  EXPECT_EQ(receive({{1, "k"}}), words({}));
  EXPECT_EQ(after(seconds(1)), words({deferred(7, " guarded exclusive alone")}))
      << "1:1 is of its key and would say nothing";
  Report one;
  one.counts.handled = 1;
  EXPECT_EQ(settle(0, one), words({"run lane 0: 1:1"}));
}

TEST_F(G6_Pause, ADeferredEventIsBlamedWhenAnotherGetsThrough) {
  after(std::chrono::hours(1));
  due({due_of(7)});
  settle(0, unavailable());
  receive({{1, "other"}});
  EXPECT_EQ(after(seconds(1)), words({"run lane 0: 1:1 exclusive alone"}));
  EXPECT_EQ(done(1), words({"ack 1:1", deferred(7, " guarded blame")}));
}

TEST_F(G6_Pause, ADueEventProbesWhereNothingIsDelivered) {
  receive({{1, "a"}});
  settle(0, unavailable());
  due({due_of(7, "b", "other"), due_of(8, "a"), due_of(9, "b")});
  EXPECT_EQ(after(seconds(1)), words({deferred(9, " guarded exclusive alone")}))
      << "7 is of another type, 8 of the culprit's key: they would say nothing";
  Report one;
  one.counts.handled = 1;
  EXPECT_EQ(settle(0, one), words({deferred(7)})) << "the culprit is to blame, and what was due goes on";
  EXPECT_FALSE(session().paused());
}

TEST_F(G6_Pause, ASuspectThatProbesIsAlone) {
  after(std::chrono::hours(1));
  due({due_of(7, "b")});
  EXPECT_EQ(settle(0, suspect(1)), words({}));
  EXPECT_EQ(receive({{1, "a"}}), words({"run lane 0: 1:1"}));
  settle(0, unavailable());
  due({due_of(7, "b")});
  EXPECT_EQ(after(seconds(1)), words({deferred(7, " guarded exclusive alone")}))
      << "nobody else may run and tell of it";
}

TEST_F(G6_Pause, TheBlameOfADeferredEventThatAnotherInstanceHasIsForgotten) {
  after(std::chrono::hours(1));
  due({due_of(7)});
  settle(0, unavailable());
  receive({{1, "other"}});
  after(seconds(1));
  session().store_down(now);
  EXPECT_EQ(done(1), words({"ack 1:1"})) << "blamed, but the store is away";
  after(std::chrono::hours(1));
  due({});
  after(std::chrono::hours(1));
  EXPECT_EQ(due({due_of(7)}), words({deferred(7)}));
}

TEST_F(G6_Pause, TheBlameOfAnEventGoesWithItsSession) {
  receive({{1, "a"}, {2, "b"}});
  settle(0, unavailable());
  after(seconds(1));
  session().store_down(now);
  EXPECT_EQ(done(1), words({"ack 1:2"})) << "blamed, but the store is away";
  end_session(1);
  after(std::chrono::hours(1));
  due({});
  EXPECT_EQ(receive({{1, "a"}}, 2), words({"run lane 0: 2:1"}));
}

TEST_F(G6_Pause, ASuspectIsProbedAlone) {
  after(std::chrono::hours(1));
  due({due_of(7)});
  settle(0, unavailable());
  EXPECT_EQ(after(seconds(1)), words({deferred(7, " guarded exclusive alone")}))
      << "else it would stay a suspect for ever";
}

TEST_F(G6_Pause, ACulpritThatIsGoneEndsIt) {
  receive({{1, "a"}});
  settle(0, unavailable());
  end_session(1);
  EXPECT_EQ(after(seconds(1)), words({}));
  EXPECT_FALSE(session().paused());
}

}  // namespace holdfast::inbox::test
