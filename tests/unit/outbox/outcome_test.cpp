// Rules 4 and 6: what becomes of a publish, and what is marked.
#include "relay_talk.hpp"

namespace holdfast::outbox {
namespace {

class Outcomes : public testing::Test {
 protected:
  Outcomes() {
    talk.begin();
    talk.page({row(1, "a"), row(2, "a"), row(3, "b")});
    talk.publishes();  // 1 and 3
  }
  Talk talk;
};
using G1_Marks = Outcomes;
using G4_Outcomes = Outcomes;
using G6_Outages = Outcomes;

TEST_F(G1_Marks, OnlyAConfirmMarks) {
  talk.result(1, Outcome::nacked, "no leader");
  talk.result(3, Outcome::returned, "no queue");
  EXPECT_THAT(talk.says("mark"), IsEmpty());
}

TEST_F(G1_Marks, UnknownIsNoConfirm) {
  talk.closed();
  EXPECT_THAT(talk.says("mark"), IsEmpty());
  EXPECT_EQ(talk.relay.status().confirmed, 0);
}

TEST_F(G1_Marks, AreToldUntilTheStoreHasThem) {
  talk.confirm(1), talk.confirm(3);
  EXPECT_THAT(talk.says("mark"), ElementsAre("mark 1 3"));
  talk.store_fails(MarkPublished{});
  EXPECT_THAT(talk.says("mark"), IsEmpty());
  talk.after(Millis(100));
  EXPECT_THAT(talk.says("mark"), ElementsAre("mark 1 3"));
  talk.tell(Marked{2});
  EXPECT_EQ(talk.relay.status().unmarked, 0);
  EXPECT_EQ(talk.relay.status().marked, 2);
}

TEST_F(G1_Marks, NameTheEventNotOnlyItsPlace) {
  talk.confirm(1);
  for (const Action& action : talk.relay.step(talk.now)) {
    const auto* command = std::get_if<StoreCommand>(&action);
    const auto* mark = command ? std::get_if<MarkPublished>(command) : nullptr;
    if (!mark) continue;
    EXPECT_THAT(mark->rows, ElementsAre(RowRef{1, id_of(1)}));
  }
  EXPECT_EQ(talk.relay.status().unmarked, 1);
}

TEST_F(G1_Marks, AConfirmIsAFactAlsoWithoutTheLease) {
  talk.after(Millis(11'000));
  talk.confirm(1);
  EXPECT_THAT(talk.says("mark"), ElementsAre("mark 1"));
}

TEST_F(G1_Marks, AResultIsTakenOnce) {
  talk.confirm(1);
  talk.says();
  talk.result(1, Outcome::nacked, "twice?");
  EXPECT_EQ(talk.relay.status().nacked, 0);
}

TEST_F(G4_Outcomes, ANackedHeadHoldsItsFollowersAndIsNoted) {
  talk.result(1, Outcome::nacked, "no leader");
  EXPECT_THAT(talk.says(), ElementsAre("note 1: no leader"));
  talk.tell(Noted{});
  talk.after(Millis(100));
  EXPECT_THAT(talk.says("read keys"), ElementsAre("read keys a after 0, at most 48 each"));
  talk.tell(KeysRead{{row(1, "a"), row(2, "a")}});
  EXPECT_THAT(talk.publishes(), ElementsAre(1));
}

TEST(G4_Nacks, BackOffToTenSecondsWithJitter) {
  Talk talk({.lease_ttl = Millis(3'600'000)});
  talk.begin();
  talk.page({row(1, "a")});
  talk.publishes();
  Millis longest{0};
  for (int i = 0; i < 30; ++i) {
    talk.result(1, Outcome::nacked, "no leader");
    const Tick from = talk.now;
    int slept = 0;
    while (talk.says("read keys").empty() && ++slept < 20'000) talk.after(Millis(1));
    longest = std::max(longest, std::chrono::duration_cast<Millis>(talk.now - from));
    talk.tell(KeysRead{{row(1, "a")}});
    ASSERT_THAT(talk.publishes(), ElementsAre(1));
  }
  EXPECT_GT(longest, Millis(4'000));
  EXPECT_LE(longest, Millis(10'000));
}

TEST_F(G6_Outages, AReturnWaitsLongerEachTimeAlertsAndGoesOnByItself) {
  talk.result(3, Outcome::returned, "no queue is bound");
  EXPECT_THAT(
      talk.says("alert"),
      ElementsAre(testing::AllOf(testing::StartsWith("alert: an event reached no queue: "),
                                 testing::HasSubstr("event_id=00000000000000000000000000000003, type=order.created.v1, "
                                                    "key=b, seq=3, attempt=1, error=no queue is bound"),
                                 testing::EndsWith("next_try=in 5000 ms"))));
  talk.after(Millis(5'000));
  EXPECT_THAT(talk.says("read keys"), ElementsAre("read keys b after 0, at most 48 each"));
  talk.tell(LeaseAnswer{true});
  talk.tell(KeysRead{{row(3, "b")}});
  EXPECT_THAT(talk.publishes(), ElementsAre(3));
  talk.result(3, Outcome::returned, "no queue is bound");
  EXPECT_THAT(talk.says("alert"), IsEmpty()) << "the same trouble, a moment later";
  talk.after(Millis(9'999));
  talk.tell(LeaseAnswer{true});
  EXPECT_THAT(talk.says("read keys"), IsEmpty());
}

TEST_F(G6_Outages, ALostConnectionCountsNoAttemptAndComesBack) {
  talk.closed();
  EXPECT_THAT(talk.says(), ElementsAre("alert: the connection to the broker is lost; pending events wait in the outbox "
                                       "and are sent when it is back, "
                                       "error=connection reset"));
  talk.after(Millis(100));
  EXPECT_THAT(talk.says("open"), ElementsAre("open main"));
  talk.closed(Blame::nobody, Session::main, "refused");  // it cannot be opened
  EXPECT_THAT(talk.says("alert"), IsEmpty());
  talk.after(Millis(200));
  EXPECT_THAT(talk.says(), ElementsAre("open main"));
  talk.open(Session::main);
  EXPECT_THAT(talk.publishes(), testing::UnorderedElementsAre(1, 3));
}

TEST_F(G6_Outages, ASetUpThatIsToBlameBacksOffAndAlerts) {
  talk.closed(Blame::the_setup, Session::main, "ACCESS_REFUSED");
  EXPECT_THAT(talk.says("alert"), ElementsAre(testing::HasSubstr("ACCESS_REFUSED")));
  talk.after(Millis(4'999));
  EXPECT_THAT(talk.says("open"), IsEmpty());
  talk.after(Millis(1));
  EXPECT_THAT(talk.says("open"), ElementsAre("open main"));
}

TEST_F(G6_Outages, AWarningOfTheTransportIsSaidOnceAMinute) {
  const auto warns = [&] {
    Pumped pumped;
    pumped.warnings = {"topic orders has 24 partitions"};
    talk.pumped(pumped);
    return talk.says("alert");
  };
  EXPECT_THAT(warns(), ElementsAre(testing::EndsWith(", error=topic orders has 24 partitions")));
  EXPECT_THAT(warns(), IsEmpty());
  talk.after(Millis(60'000));
  EXPECT_THAT(warns(), ElementsAre(testing::EndsWith(", error=topic orders has 24 partitions")));
}

TEST_F(G6_Outages, ABlockedSessionPublishesNothingAndStopsTheTimers) {
  talk.pumped({SessionState::blocked, {{talk.token(1), Outcome::confirmed, ""}}});
  EXPECT_TRUE(talk.relay.status().blocked);
  const auto said = talk.says();
  EXPECT_THAT(said, testing::Contains(testing::HasSubstr("the broker takes nothing for now")));
  EXPECT_THAT(said, testing::Not(testing::Contains(testing::StartsWith("publish"))));
  for (int i = 0; i < 20; ++i) {
    talk.after(Millis(2'900));
    talk.says();
    talk.tell(LeaseAnswer{true});
    EXPECT_THAT(talk.says("close"), IsEmpty());
  }
  talk.pumped({SessionState::open, {}});
  EXPECT_FALSE(talk.relay.status().blocked);
  EXPECT_THAT(talk.publishes(), ElementsAre(2));
  talk.confirm(2), talk.confirm(3);
  EXPECT_EQ(talk.relay.status().confirmed, 3);
}

TEST_F(G6_Outages, ALateConfirmEndsTheSession) {
  for (int i = 0; i < 10; ++i) {
    talk.after(Millis(3'000));
    if (i == 9) break;
    EXPECT_THAT(talk.says("close"), IsEmpty());
    talk.tell(LeaseAnswer{true});
  }
  EXPECT_THAT(talk.says("close"), ElementsAre("close main: no confirm for 30000 ms"));
  talk.reconnect();
  EXPECT_THAT(talk.publishes(), testing::UnorderedElementsAre(1, 3));
}

}  // namespace
}  // namespace holdfast::outbox
