// Rule 5: an event that nobody can take stops its own key only.
#include "relay_talk.hpp"

namespace holdfast::outbox {
namespace {

class G5_Suspects : public testing::Test {
 protected:
  G5_Suspects() {
    talk.begin();
    talk.page({row(1, "a"), row(2, "a"), row(3, "b"), row(4, "c")});
    talk.publishes();  // 1, 3, 4
    talk.confirm(4);
    talk.says();
    talk.closed(Blame::a_message, Session::main, "FRAME_ERROR");
  }
  void fails_alone() {
    talk.closed(Blame::a_message, Session::suspects, "FRAME_ERROR");
    talk.after(Millis(2'000));
    talk.says();
    talk.tell(LeaseAnswer{true});
    talk.open(Session::suspects);
  }
  Talk talk;
};

TEST_F(G5_Suspects, AreSentAgainOneAtATimeOnAConnectionOfTheirOwn) {
  EXPECT_THAT(talk.says("open"), ElementsAre("open suspects"));
  talk.open(Session::suspects);
  EXPECT_THAT(talk.says("publish"), ElementsAre("publish 1 on suspects as 4"));
  talk.pumped({SessionState::open, {{4, Outcome::confirmed, ""}}}, Session::suspects);
  EXPECT_THAT(talk.says("publish"), ElementsAre("publish 3 on suspects as 5"));
  talk.pumped({SessionState::open, {{5, Outcome::confirmed, ""}}}, Session::suspects);
  EXPECT_THAT(talk.says("close"), ElementsAre("close suspects: no suspects are left"));
}

TEST_F(G5_Suspects, OthersGoOnMeanwhile) {
  talk.says();
  talk.open(Session::suspects);
  EXPECT_THAT(talk.publishes(), ElementsAre(1));
  talk.after(Millis(100));
  talk.says();
  talk.open(Session::main);
  talk.says();
  talk.page({row(5, "c"), row(6, "b")});
  EXPECT_THAT(talk.says("publish"), ElementsAre("publish 5 on main as 5")) << "6 waits for 3, a suspect";
}

TEST_F(G5_Suspects, OneThatClosesItsSessionAloneThreeTimesIsRefused) {
  talk.says();
  talk.open(Session::suspects);
  EXPECT_THAT(talk.publishes(), ElementsAre(1));
  fails_alone();
  EXPECT_THAT(talk.publishes(), ElementsAre(3)) << "each has its turn";
  talk.pumped({SessionState::open, {{talk.token(3), Outcome::confirmed, ""}}}, Session::suspects);
  EXPECT_THAT(talk.publishes(), ElementsAre(1));
  fails_alone();
  EXPECT_THAT(talk.publishes(), ElementsAre(1));
  talk.closed(Blame::a_message, Session::suspects, "FRAME_ERROR");
  const auto lines = talk.says();
  EXPECT_THAT(lines,
              testing::Contains(testing::AllOf(testing::StartsWith("alert: an event is refused: "),
                                               testing::HasSubstr("key=a, seq=1, attempt=3, error=FRAME_ERROR"))));
  EXPECT_THAT(lines, testing::Contains("refuse 1: FRAME_ERROR"));
  EXPECT_EQ(talk.relay.status().refused, 1);
  EXPECT_EQ(talk.relay.status().blocked_keys, 1);
}

// They are dropped from the buffer else, as the outbox may have been restored: a poison event would be sent among the others again.
TEST_F(G5_Suspects, AFailureOfTheStoreForgetsNoneOfTheTimesThatItFailed) {
  talk.says();
  talk.open(Session::suspects);
  talk.publishes();
  fails_alone();
  EXPECT_THAT(talk.publishes(), ElementsAre(3));
  talk.pumped({SessionState::open, {{talk.token(3), Outcome::confirmed, ""}}}, Session::suspects);
  EXPECT_THAT(talk.publishes(), ElementsAre(1));
  fails_alone();
  talk.store_fails(MarkPublished{});
  EXPECT_THAT(talk.publishes(), ElementsAre(1)) << "still alone";
  talk.closed(Blame::a_message, Session::suspects, "FRAME_ERROR");
  EXPECT_THAT(talk.says("alert"), testing::Contains(testing::HasSubstr("is refused")));
}

TEST_F(G5_Suspects, AnOutageOfTheSuspectsSessionCountsNothing) {
  talk.says();
  talk.open(Session::suspects);
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(talk.publishes().size(), 1u);
    talk.closed(Blame::nobody, Session::suspects);
    talk.after(Millis(2'000));
    talk.says();
    talk.tell(LeaseAnswer{true});
    talk.open(Session::suspects);
  }
  EXPECT_EQ(talk.relay.status().refused, 0);
}

TEST_F(G5_Suspects, TheClientThatCannotEncodeAccusesOneEventOnly) {
  Talk other;
  other.begin();
  other.page({row(1, "a"), row(2, "b")});
  other.publishes();
  other.result(2, Outcome::refused, "headers too long");
  EXPECT_THAT(other.says("open"), ElementsAre("open suspects"));
  other.open(Session::suspects);
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(other.says("publish").size(), 1u);
    other.pumped({SessionState::open, {{other.token(2), Outcome::refused, "headers too long"}}}, Session::suspects);
  }
  EXPECT_THAT(other.says("refuse"), ElementsAre("refuse 2: headers too long"));
  EXPECT_EQ(other.relay.status().in_flight, 1) << "1 was never disturbed";
}

class G5_Refused : public testing::Test {
 protected:
  Talk talk;
};

TEST_F(G5_Refused, FoundInTheTableItHoldsItsKeyAndIsLookedUpEveryFiveSeconds) {
  talk.begin();
  talk.page({row(1, "a", true), row(2, "a"), row(3, "b")});
  EXPECT_THAT(talk.publishes(), ElementsAre(3));
  for (int i = 0; i < 3; ++i) {
    talk.after(Millis(4'999));
    EXPECT_THAT(talk.says("read keys"), IsEmpty());
    talk.tell(LeaseAnswer{true});
    talk.after(Millis(1));
    EXPECT_THAT(talk.says("read keys"), ElementsAre("read keys a after 0, at most 48 each"));
    talk.tell(KeysRead{{row(1, "a", true), row(2, "a")}});
    EXPECT_THAT(talk.publishes(), IsEmpty());
  }
  talk.after(Millis(5'000));
  talk.says();
  talk.tell(KeysRead{{row(2, "a")}});  // an operator discarded it
  EXPECT_THAT(talk.publishes(), ElementsAre(2));
}

TEST_F(G5_Refused, BehindAnotherOneItWaitsUntilItIsTheHead) {
  talk.begin();
  talk.page({row(1, "a"), row(2, "a", true), row(3, "a")});
  EXPECT_THAT(talk.publishes(), ElementsAre(1));
  talk.confirm(1);
  EXPECT_THAT(talk.publishes(), IsEmpty());
  EXPECT_EQ(talk.relay.status().blocked_keys, 1);
}

TEST_F(G5_Refused, ItsKeyIsNotLookedAtBeforeTheTableSaysSo) {
  talk.begin();
  talk.page({row(1, "a"), row(2, "a")});
  talk.publishes();
  talk.result(1, Outcome::refused, "too long");
  talk.says();
  talk.open(Session::suspects);
  for (int i = 0; i < 3; ++i) {
    talk.says();
    talk.pumped({SessionState::open, {{talk.token(1), Outcome::refused, "too long"}}}, Session::suspects);
  }
  EXPECT_THAT(talk.says("refuse"), ElementsAre("refuse 1: too long"));
  talk.after(Millis(60'000));  // the store is slow
  talk.says();
  talk.tell(LeaseAnswer{true});
  EXPECT_THAT(talk.says("read keys"), IsEmpty());
  talk.tell(Noted{});
  talk.after(Millis(5'000));
  EXPECT_THAT(talk.says("read keys"), ElementsAre("read keys a after 0, at most 48 each"));
}

}  // namespace
}  // namespace holdfast::outbox
