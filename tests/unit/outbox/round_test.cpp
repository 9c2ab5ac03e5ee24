// Rules 2 and 8: rounds by snapshot, adaptive polling.
#include "relay_talk.hpp"

namespace holdfast::outbox {
namespace {

class G4_Rounds : public testing::Test {
 protected:
  Talk talk;
};

TEST_F(G4_Rounds, LaterPagesSeeWhatTheFirstSawAndTheNextRoundTheRest) {
  talk.begin();
  talk.tell(PageRead{{{row(1, "a")}, {{}, {"s1"}, 1}, false}});
  EXPECT_THAT(talk.says("read"), ElementsAre(testing::EndsWith(" after 1, as of s1")));
  talk.tell(PageRead{{{row(9, "b")}, {{"s1"}, {}, 0}, true}});
  EXPECT_THAT(talk.says("read"), IsEmpty());
  talk.after(Millis(5));
  EXPECT_THAT(talk.says("read"), ElementsAre("read 1000 after 0, not seen by s1"));
}

TEST_F(G4_Rounds, ACommitIsReadAtOnceAndThoseOfTheNextMillisecondsTogether) {
  talk.begin();
  talk.page({}, "s1");
  talk.relay.wake();
  EXPECT_THAT(talk.says("read"), IsEmpty()) << "the first round has only just begun";
  talk.after(Millis(4));
  EXPECT_THAT(talk.says("read"), ElementsAre("read 64 after 0, not seen by s1"));
  talk.page({}, "s2");
  talk.after(Millis(4));
  EXPECT_THAT(talk.says("read"), IsEmpty()) << "nobody called";
  talk.relay.wake();
  EXPECT_THAT(talk.says("read"), ElementsAre("read 64 after 0, not seen by s2"));
}

TEST_F(G4_Rounds, RowsThatAreKnownAreDroppedBySeq) {
  talk.begin();
  talk.page({row(1, "a")});
  EXPECT_THAT(talk.publishes(), ElementsAre(1));
  talk.after(Millis(5));
  talk.says();
  talk.page({row(1, "a"), row(2, "a")});
  talk.confirm(1);
  EXPECT_THAT(talk.publishes(), ElementsAre(2));
  talk.after(Millis(5));
  talk.says();
  talk.page({row(1, "a")});  // confirmed, not yet marked
  EXPECT_THAT(talk.publishes(), IsEmpty());
}

TEST_F(G4_Rounds, AnErrorStartsAFullRoundAfterABackoff) {
  talk.begin();
  talk.page({}, "s1");
  talk.after(Millis(10));
  EXPECT_THAT(talk.says("read"), ElementsAre("read 64 after 0, not seen by s1"));
  talk.store_fails(ReadPage{});
  EXPECT_THAT(
      talk.says("alert"),
      ElementsAre(
          "alert: the outbox cannot be read or written; nothing is lost, it is tried again, error=disk I/O error"));
  talk.after(Millis(100));
  EXPECT_THAT(talk.says("read"), ElementsAre("read 64 after 0"));
}

TEST_F(G4_Rounds, ANewLeaseStartsAFullRoundAndForgetsWhatWaited) {
  talk.begin();
  talk.page({row(1, "a"), row(2, "a")}, "s1");
  talk.publishes();
  talk.after(Millis(10'000));  // not renewed
  EXPECT_THAT(talk.says("read"), IsEmpty());
  EXPECT_EQ(talk.relay.status().buffered, 1) << "only what is in flight";
  talk.tell(LeaseAnswer{false});
  talk.after(Millis(3'000));
  EXPECT_THAT(talk.says(), ElementsAre("renew lease of me for 10000 ms"));
  talk.tell(LeaseAnswer{true});
  EXPECT_THAT(talk.says("read"), ElementsAre(testing::EndsWith(" after 0")));
}

TEST_F(G4_Rounds, APageAskedForBeforeTheErrorDoesNotCount) {
  talk.begin();
  talk.tell(StoreFailed{StoreCommand(NoteFailure{}).index(), "gone"});
  talk.page({row(1, "a")}, "s1");
  EXPECT_THAT(talk.publishes(), IsEmpty());
  talk.after(Millis(100));
  EXPECT_THAT(talk.says("read"), ElementsAre("read 64 after 0"));
}

TEST_F(G4_Rounds, PollsFastWhileRowsComeAndSlowlyWhileNoneDo) {
  talk.begin();
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 8; ++i) {
    talk.page({});
    talk.says();
    const auto pause = std::chrono::duration_cast<Millis>(talk.relay.next_tick() - talk.now);
    pauses.push_back(pause.count());
    talk.after(pause);
    talk.says();
  }
  EXPECT_THAT(pauses, ElementsAre(10, 20, 40, 80, 160, 250, 250, 250));
  talk.page({row(1, "a")});
  talk.says();
  EXPECT_EQ(talk.relay.next_tick() - talk.now, Millis(5));
}

TEST_F(G4_Rounds, ACommitWhileAPageIsOutIsReadByTheNextRound) {
  talk.begin();
  talk.relay.wake();
  EXPECT_THAT(talk.says("read"), IsEmpty());
  talk.page({});
  talk.after(Millis(4));
  EXPECT_THAT(talk.says("read"), ElementsAre("read 64 after 0, not seen by s1"));
  talk.page({});
  EXPECT_THAT(talk.says("read"), IsEmpty());
}

}  // namespace
}  // namespace holdfast::outbox
