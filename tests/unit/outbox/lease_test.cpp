// Rule 7, and the end of a relay.
#include "relay_talk.hpp"

namespace holdfast::outbox {
namespace {

TEST(RelayLease, WithoutItNothingIsReadOpenedOrPublished) {
  Talk talk;
  EXPECT_THAT(talk.says(), ElementsAre("renew lease of me for 10000 ms"));
  talk.tell(LeaseAnswer{false});
  EXPECT_THAT(talk.says(), IsEmpty());
  EXPECT_EQ(talk.relay.next_tick() - talk.now, Millis(3'000));
}

TEST(RelayLease, AnOwnerThatCouldNotRenewPublishesNothingNew) {
  Talk talk;
  talk.begin();
  talk.page({row(1, "a"), row(2, "a")});
  EXPECT_THAT(talk.publishes(), ElementsAre(1));
  talk.after(Millis(3'000));
  EXPECT_THAT(talk.says(), ElementsAre("renew lease of me for 10000 ms", testing::StartsWith("read")));
  talk.page({row(2, "a")});
  talk.store_fails(RenewLease{});
  talk.says();
  talk.after(Millis(7'000));  // the ttl since it was last asked for with success
  talk.confirm(1);
  EXPECT_THAT(talk.says(), ElementsAre("renew lease of me for 10000 ms", "mark 1"));
  talk.tell(LeaseAnswer{true});
  talk.tell(Marked{1});
  EXPECT_THAT(talk.says("read"), ElementsAre(testing::EndsWith(" after 0")));
  talk.page({row(2, "a")});
  EXPECT_THAT(talk.publishes(), ElementsAre(2));
}

TEST(RelayLease, ItsTimeCountsFromTheAskingNotFromTheAnswer) {
  Talk talk;
  talk.says();
  talk.after(Millis(9'000));
  talk.tell(LeaseAnswer{true});
  EXPECT_TRUE(talk.relay.step(talk.now).size() > 0);
  EXPECT_TRUE(talk.relay.status().owner);
  talk.after(Millis(1'000));
  talk.says();
  EXPECT_FALSE(talk.relay.status().owner);
}

TEST(RelayLease, WhatWasUnknownWithoutItIsLeftToTheNextOwner) {
  Talk talk;
  talk.begin();
  talk.page({row(1, "a"), row(2, "a")});
  talk.publishes();
  talk.after(Millis(10'000));
  talk.says();
  talk.closed();
  EXPECT_EQ(talk.relay.status().buffered, 0);
  EXPECT_EQ(talk.relay.status().keys, 0);
}

TEST(RelayStop, FinishesWhatFliesThenGivesTheLeaseBack) {
  Talk talk;
  talk.begin();
  talk.page({row(1, "a"), row(2, "a")});
  talk.publishes();
  talk.relay.stop();
  EXPECT_THAT(talk.says(), IsEmpty());
  talk.confirm(1);
  EXPECT_THAT(talk.says(), ElementsAre("mark 1"));
  EXPECT_FALSE(talk.relay.stopped());
  talk.tell(Marked{1});
  EXPECT_THAT(talk.says(), ElementsAre("close main: the relay stops", "release lease of me"));
  talk.tell(Released{});
  EXPECT_TRUE(talk.relay.stopped());
  talk.after(Millis(60'000));
  EXPECT_THAT(talk.says(), IsEmpty());
}

TEST(RelayStop, AStandbyEndsAtOnce) {
  Talk talk;
  talk.says();
  talk.tell(LeaseAnswer{false});
  talk.relay.stop();
  EXPECT_THAT(talk.says(), IsEmpty());
  EXPECT_TRUE(talk.relay.stopped());
}

TEST(RelayTicks, NothingIsToBeDoneBeforeTheNextTick) {
  Talk talk;
  talk.begin();
  talk.page({row(1, "a"), row(2, "b")});
  talk.publishes();
  talk.result(2, Outcome::returned, "no queue");
  talk.says();
  talk.tell(Noted{});
  for (int i = 0; i < 200; ++i) {
    talk.says();
    const Tick next = talk.relay.next_tick();
    ASSERT_GT(next, talk.now);
    talk.now = next - std::chrono::nanoseconds(1);
    ASSERT_THAT(talk.says(), IsEmpty());
    talk.now = next;
    for (const std::string& line : talk.says()) {
      if (line.starts_with("renew")) talk.tell(LeaseAnswer{true});
      else if (line.starts_with("read keys")) talk.tell(KeysRead{{row(2, "b")}});
      else if (line.starts_with("read")) talk.page({});
      else if (line.starts_with("publish 2")) talk.result(2, Outcome::returned, "no queue");
      else if (line.starts_with("note")) talk.tell(Noted{});
      else if (line.starts_with("close")) talk.closed();
      else if (line.starts_with("open")) talk.open(Session::main);
    }
  }
}

}  // namespace
}  // namespace holdfast::outbox
