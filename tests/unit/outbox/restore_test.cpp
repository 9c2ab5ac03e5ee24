// G1, G4: a backup was put in the place of the table, or a crash of its server undid marks: what the relay still knows of the
// table is no longer true, and no row may be hidden for good by that.
#include "relay_talk.hpp"

namespace holdfast::outbox {
namespace {

using testing::Contains;
using testing::Not;
using testing::StartsWith;

OutboxRow another(Seq seq, const std::string& key) {
  OutboxRow out = row(seq, key);
  out.event.id = id_of(seq + 1'000'000);
  return out;
}

TEST(G1_RelayRestore, AnotherRowUnderASeqThatIsStillKnownIsSent) {
  Talk talk;
  talk.begin();
  talk.page({row(1, "a"), row(2, "b")});
  EXPECT_THAT(talk.publishes(), ElementsAre(1, 2));
  talk.confirm(1);
  EXPECT_THAT(talk.says(), ElementsAre("mark 1")) << "until that is answered, and 2 is confirmed, both are known";
  talk.after(Millis(250));
  talk.says();
  talk.page({another(1, "a"), another(2, "c"), row(2, "b")});
  EXPECT_THAT(talk.publishes(), ElementsAre(1, 2));
  talk.tell(Marked{0});
  talk.after(Millis(250));
  talk.says();
  talk.page({another(1, "a")});
  EXPECT_THAT(talk.publishes(), IsEmpty()) << "the old row's mark is not this one's";
}

TEST(G1_RelayRestore, ARowBelowWhatIsKnownOfAKeyWithMoreIsReadByKey) {
  Talk talk({.rows_of_a_key = 2, .refill_below = 1});
  talk.begin();
  talk.page(rows(12, 15, "a"));
  EXPECT_THAT(talk.publishes(), ElementsAre(12));
  talk.after(Millis(250));
  talk.says();
  talk.page({row(10, "a")});
  EXPECT_THAT(talk.publishes(), IsEmpty()) << "12 is in flight, and 13 is not the lowest any more";
  talk.confirm(12);
  EXPECT_THAT(talk.says(), Contains("read keys a after 0, at most 1 each"));
  talk.tell(KeysRead{{row(10, "a")}});
  EXPECT_THAT(talk.publishes(), ElementsAre(10));
}

TEST(G1_RelayRestore, ARowBelowWhatIsKnownOfAFullKeyIsReadByKey) {
  Talk talk;
  talk.begin();
  talk.page(rows(101, 164, "a"));  // all that it may have in memory, and the table has no more
  EXPECT_THAT(talk.publishes(), ElementsAre(101));
  talk.after(Millis(250));
  talk.says();
  talk.page({row(7, "a")});
  talk.confirm(101);
  EXPECT_THAT(talk.says("read keys"), ElementsAre("read keys a after 0, at most 48 each"));
  talk.tell(KeysRead{{row(7, "a"), row(102, "a")}});
  EXPECT_THAT(talk.publishes(), ElementsAre(7));
  talk.confirm(7);
  EXPECT_THAT(talk.publishes(), ElementsAre(102));
}

TEST(G1_RelayRestore, ABlockedKeyIsReadFromItsLowestAnyway) {
  Talk talk;
  talk.begin();
  talk.page({row(12, "a")});
  talk.publishes();
  talk.result(12, Outcome::returned, "no queue");
  talk.after(Millis(250));
  talk.says();
  talk.page({row(10, "a")});
  EXPECT_THAT(talk.says("read keys"), IsEmpty()) << "its block holds";
  talk.after(Millis(5'000));
  EXPECT_THAT(talk.says("read keys"), ElementsAre("read keys a after 0, at most 48 each"));
}

/// The server crashed: a mark that was answered is undone.
TEST(G1_RelayRestore, AfterAnErrorOfTheStoreAKeyStartsAtWhatIsLowestThen) {
  Talk talk({.rows_of_a_key = 2, .refill_below = 1});
  talk.begin();
  talk.page(rows(1, 4, "a"));
  EXPECT_THAT(talk.publishes(), ElementsAre(1));
  talk.confirm(1);
  talk.says();  // marks 1, publishes 2
  talk.tell(Marked{1});
  talk.after(Millis(3'000));
  EXPECT_THAT(talk.says(), Contains(StartsWith("renew lease")));
  talk.store_fails(RenewLease{});
  talk.after(Millis(2'000));
  talk.confirm(2);
  talk.page(rows(3, 4, "a"));  // asked for before the error
  EXPECT_THAT(talk.says("publish"), ElementsAre());
  talk.page(rows(1, 4, "a"));
  EXPECT_THAT(talk.publishes(), ElementsAre(1)) << "a duplicate at worst, never a gap";
}

/// A backup was restored: what waited was never there.
TEST(G1_RelayRestore, AfterAnErrorOfTheStoreWhatItDoesNotBringAgainIsNotSent) {
  Talk talk;
  talk.begin();
  talk.page({row(1, "a"), row(2, "a"), row(3, "a")});
  EXPECT_THAT(talk.publishes(), ElementsAre(1));
  talk.store_fails(RenewLease{});
  talk.after(Millis(2'000));
  talk.confirm(1);
  talk.says();
  talk.page({row(3, "a")});
  EXPECT_THAT(talk.publishes(), ElementsAre(3));
}

TEST(G1_RelayRestore, WhatWasReadBeforeTheKeyStartedOverDoesNotCount) {
  Talk talk({.rows_of_a_key = 2, .refill_below = 2});
  talk.begin();
  talk.page(rows(12, 15, "a"));
  talk.publishes();
  talk.confirm(12);
  EXPECT_THAT(talk.says("read keys"), ElementsAre("read keys a after 13, at most 1 each"));
  talk.after(Millis(250));
  talk.says();
  talk.page({row(10, "a")});
  talk.tell(KeysRead{{row(14, "a")}});  // asked for before the restore was seen
  talk.confirm(13);
  EXPECT_THAT(talk.says(), Contains("read keys a after 0, at most 1 each"));
  talk.tell(KeysRead{{row(10, "a")}});
  EXPECT_THAT(talk.publishes(), ElementsAre(10));
}

TEST(G1_RelayRestore, AKeyWithMoreWhoseRowsVanishedTakesNewOnesFromARound) {
  Talk talk({.rows_of_a_key = 2, .refill_below = 1});
  talk.begin();
  talk.page(rows(12, 15, "a"));
  talk.publishes();
  talk.confirm(12);
  talk.publishes();
  talk.confirm(13);
  EXPECT_THAT(talk.says("read keys"), ElementsAre("read keys a after 13, at most 1 each"));
  talk.tell(KeysRead{});
  talk.tell(Marked{2});
  EXPECT_EQ(talk.relay.status().keys, 0) << "nothing is left to know of it";
  talk.after(Millis(250));
  talk.says();
  talk.page({another(3, "a")});
  EXPECT_THAT(talk.publishes(), ElementsAre(3));
}

/// A row without key waits; meanwhile a backup came, and its seq is another row's, with a key that has an order.
TEST(G4_RelayRestore, ARowWithAKeyIsNotSentInPlaceOfOneWithout) {
  Talk talk;
  talk.begin();
  talk.page({row(7, "")});
  EXPECT_THAT(talk.publishes(), ElementsAre(7));
  talk.result(7, Outcome::returned, "no queue");
  talk.after(Millis(5'000));
  EXPECT_THAT(talk.says("read"), ElementsAre("read 1 after 6"));
  talk.page({another(7, "a")});
  EXPECT_THAT(talk.publishes(), IsEmpty()) << "6 of its key may be pending: a round brings both";
  EXPECT_EQ(talk.relay.status().keys, 0) << "and the one that waited is gone";
  talk.says();
  talk.page({row(6, "a"), another(7, "a")});
  EXPECT_THAT(talk.publishes(), ElementsAre(6));
  talk.confirm(6);
  EXPECT_THAT(talk.publishes(), ElementsAre(7));
}

}  // namespace
}  // namespace holdfast::outbox
