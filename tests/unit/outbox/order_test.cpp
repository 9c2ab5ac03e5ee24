// Rule 1: a row is published only when every earlier pending row of its key is confirmed.
#include "relay_talk.hpp"

namespace holdfast::outbox {
namespace {

TEST(G4_RelayOrder, FromTheLeaseToTheFirstMark) {
  Talk talk({.mark_every = Millis(3)});
  EXPECT_THAT(talk.says(), ElementsAre("renew lease of me for 10000 ms"));
  talk.tell(LeaseAnswer{true});
  EXPECT_THAT(talk.says(), ElementsAre("open main", "read 64 after 0"));
  talk.open(Session::main);
  talk.page({row(1, "a"), row(2, "b")});
  EXPECT_THAT(talk.says(), ElementsAre("publish 1 on main as 1", "publish 2 on main as 2"));
  EXPECT_EQ(talk.relay.event(2).id, id_of(2));
  talk.confirm(1);
  EXPECT_THAT(talk.says(), ElementsAre("mark 1"));
  talk.confirm(2);
  EXPECT_THAT(talk.says(), IsEmpty());  // one command of a kind at a time
  talk.tell(Marked{1});
  EXPECT_THAT(talk.says(), IsEmpty());  // nor sooner than 3 ms after the last
  EXPECT_EQ(talk.relay.next_tick(), talk.now + Millis(3));
  talk.after(Millis(3));
  EXPECT_THAT(talk.says(), testing::Contains("mark 2"));
}

TEST(G1_RelayMarks, AStopMarksAtOnce) {
  Talk talk;
  talk.begin();
  talk.page({row(1, "a"), row(2, "b")});
  talk.says();
  talk.confirm(1);
  EXPECT_THAT(talk.says(), ElementsAre("mark 1"));
  talk.tell(Marked{1});
  talk.confirm(2);
  EXPECT_THAT(talk.says(), IsEmpty());
  talk.relay.stop();
  EXPECT_THAT(talk.says(), ElementsAre("mark 2"));
}

TEST(G4_RelayOrder, OneUnconfirmedOfAKeyWhileOtherKeysGoOn) {
  Talk talk;
  talk.begin();
  talk.page({row(1, "a"), row(2, "a"), row(3, "a"), row(4, "b"), row(5, "b")});
  EXPECT_THAT(talk.publishes(), ElementsAre(1, 4));
  talk.confirm(4);
  EXPECT_THAT(talk.publishes(), ElementsAre(5));
  talk.confirm(1);
  EXPECT_THAT(talk.publishes(), ElementsAre(2));
}

TEST(G4_RelayOrder, RowsWithoutKeyAreKeysOfTheirOwn) {
  Talk talk;
  talk.begin();
  talk.page({row(1, ""), row(2, ""), row(3, "")});
  EXPECT_THAT(talk.publishes(), ElementsAre(1, 2, 3));
  talk.result(1, Outcome::nacked, "no leader");
  talk.confirm(2);
  EXPECT_THAT(talk.says("mark"), ElementsAre("mark 2"));
}

TEST(G4_RelayOrder, TheWindowCountsOverAllKeys) {
  Talk talk({.window = 2});
  talk.begin();
  talk.page({row(1, "a"), row(2, "b"), row(3, "c")});
  EXPECT_THAT(talk.publishes(), ElementsAre(1, 2));
  talk.confirm(2);
  EXPECT_THAT(talk.publishes(), ElementsAre(3));
}

TEST(G4_RelayOrder, AfterUnknownTheLowestOfTheKeyGoesFirst) {
  Talk talk;
  talk.begin();
  talk.page({row(1, "a"), row(2, "a"), row(3, "b")});
  EXPECT_THAT(talk.publishes(), ElementsAre(1, 3));
  talk.confirm(1);
  EXPECT_THAT(talk.publishes(), ElementsAre(2));
  talk.page({row(4, "a")});
  talk.reconnect();
  EXPECT_THAT(talk.publishes(), testing::UnorderedElementsAre(2, 3));
  EXPECT_EQ(talk.relay.status().unknown, 2);
  talk.confirm(2);
  EXPECT_THAT(talk.publishes(), ElementsAre(4));
}

TEST(G4_RelayOrder, ALateRowWithALowerSeqGoesNext) {
  Talk talk;
  talk.begin();
  talk.page({row(2, "a"), row(5, "a")});
  EXPECT_THAT(talk.publishes(), ElementsAre(2));
  talk.after(Millis(5));
  talk.says();
  talk.page({row(3, "a")});
  talk.confirm(2);
  EXPECT_THAT(talk.publishes(), ElementsAre(3));
}

TEST(G4_RelayOrder, ASessionThatKeepsOrderIsPipelined) {
  Talk talk({}, true);
  talk.begin();
  talk.page({row(1, "a"), row(2, "a"), row(3, "b"), row(4, "a")});
  EXPECT_THAT(talk.publishes(), ElementsAre(1, 3, 2, 4));
}

TEST(G4_RelayOrder, PipelinedARefusalEndsTheSessionAndEachKeyStartsAtItsLowest) {
  Talk talk({}, true);
  talk.begin();
  talk.page({row(1, "a"), row(2, "a"), row(3, "b"), row(4, "b")});
  EXPECT_THAT(talk.publishes(), ElementsAre(1, 3, 2, 4));
  talk.result(1, Outcome::nacked, "disk full");
  EXPECT_THAT(talk.says("close"),
              ElementsAre("close main: an event was not confirmed: each key starts again at its lowest pending one"));
  talk.pumped({SessionState::closed, {{talk.token(3), Outcome::confirmed, ""}, {talk.token(2), Outcome::unknown, ""}}});
  EXPECT_THAT(talk.says(), testing::Contains("open main"));  // at once: it is no failure
  talk.open(Session::main);
  EXPECT_THAT(talk.publishes(), ElementsAre(4));  // a is blocked, nothing of it is in memory
  talk.after(Millis(100));
  EXPECT_THAT(talk.says("read keys"), ElementsAre("read keys a after 0, at most 48 each"));
  talk.tell(KeysRead{{row(1, "a"), row(2, "a")}});
  EXPECT_THAT(talk.publishes(), ElementsAre(1, 2));
}

TEST(G4_RelayOrder, WhatThePublisherDoesNotAcceptIsOfferedAfterItsNextPump) {
  Talk talk;
  talk.begin();
  talk.page({row(1, "a"), row(2, "b")});
  EXPECT_THAT(talk.publishes(), ElementsAre(1, 2));
  talk.relay.not_accepted(talk.token(1));
  talk.relay.not_accepted(talk.token(2));
  EXPECT_THAT(talk.publishes(), IsEmpty());
  talk.pumped({});
  EXPECT_THAT(talk.publishes(), testing::UnorderedElementsAre(1, 2));
  EXPECT_EQ(talk.relay.status().unknown, 0);
}

}  // namespace
}  // namespace holdfast::outbox
