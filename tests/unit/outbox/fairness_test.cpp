// Rule 3: a hot or blocked key costs the others nothing, and memory is bounded.
#include "relay_talk.hpp"

namespace holdfast::outbox {
namespace {

std::vector<OutboxRow> joined(std::vector<OutboxRow> a, const std::vector<OutboxRow>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(G4_Fairness, AHotKeyIsBufferedUpTo64AndReadAgainByKey) {
  Talk talk;
  talk.begin();
  talk.page(rows(1, 100, "hot"));
  EXPECT_EQ(talk.relay.status().buffered, 64);
  for (Seq seq = 1; seq <= 48; ++seq) {
    EXPECT_THAT(talk.publishes(), ElementsAre(seq));
    talk.confirm(seq);
  }
  EXPECT_THAT(talk.says("read keys"), IsEmpty()) << "16 are left";
  talk.confirm(49);
  EXPECT_THAT(talk.says("read keys"), ElementsAre("read keys hot after 64, at most 48 each"));
  talk.tell(KeysRead{rows(65, 100, "hot")});
  for (Seq seq = 50; seq <= 100; ++seq) {
    talk.confirm(seq);
    const std::vector<Seq> next = talk.publishes();
    EXPECT_EQ(next.size(), seq < 100 ? 1u : 0u);
  }
  EXPECT_EQ(talk.relay.status().buffered, 0);
  EXPECT_THAT(talk.says("read keys"), IsEmpty());
}

TEST(G4_Fairness, AKeyWithMoreTakesNoRowFromARound) {
  Talk talk({.rows_of_a_key = 2, .refill_below = 1});
  talk.begin();
  talk.page(rows(1, 3, "a"));
  EXPECT_THAT(talk.publishes(), ElementsAre(1));
  talk.confirm(1);
  EXPECT_THAT(talk.publishes(), ElementsAre(2));
  talk.after(Millis(5));
  talk.says();
  talk.page({row(4, "a")});  // 3 is still in the table only
  talk.confirm(2);
  EXPECT_THAT(talk.says("read keys"), ElementsAre("read keys a after 2, at most 1 each"));
  talk.tell(KeysRead{{row(3, "a")}});
  EXPECT_THAT(talk.publishes(), ElementsAre(3));
}

TEST(G5_Fairness, KeysAreServedInTurn) {
  Talk talk({.window = 2});
  talk.begin();
  talk.page(joined(rows(1, 5, "hot"), {row(6, "b"), row(7, "c")}));
  EXPECT_THAT(talk.publishes(), ElementsAre(1, 6));
  talk.confirm(1);
  EXPECT_THAT(talk.publishes(), ElementsAre(7)) << "hot has had its turn";
  talk.confirm(6);
  EXPECT_THAT(talk.publishes(), ElementsAre(2));
}

TEST(G5_Fairness, ABlockedKeyKeepsNoRowAndIsReadFromItsLowestAgain) {
  Talk talk;
  talk.begin();
  talk.page(joined(rows(1, 50, "a"), {row(60, "b"), row(61, "b")}));
  EXPECT_THAT(talk.publishes(), ElementsAre(1, 60));
  talk.result(1, Outcome::returned, "no queue");
  EXPECT_EQ(talk.relay.status().buffered, 2);
  EXPECT_EQ(talk.relay.status().blocked_keys, 1);
  talk.confirm(60);
  EXPECT_THAT(talk.publishes(), ElementsAre(61));
  talk.after(Millis(4'999));
  EXPECT_THAT(talk.says("read keys"), IsEmpty());
  talk.after(Millis(1));
  EXPECT_THAT(talk.says("read keys"), ElementsAre("read keys a after 0, at most 48 each"));
  talk.tell(KeysRead{rows(1, 48, "a")});
  EXPECT_THAT(talk.publishes(), ElementsAre(1));
}

TEST(G5_Fairness, WhatWasReadBeforeTheBlockDoesNotCount) {
  Talk talk({.rows_of_a_key = 2, .refill_below = 2});
  talk.begin();
  talk.page(rows(1, 3, "a"));
  talk.publishes();
  talk.confirm(1);
  talk.publishes();  // 2, and "read keys a after 2"
  talk.result(2, Outcome::nacked, "no leader");
  talk.tell(KeysRead{{row(3, "a")}});
  talk.after(Millis(100));
  EXPECT_THAT(talk.says(), testing::Contains(testing::StartsWith("read keys a after 0")));
  talk.tell(KeysRead{{row(2, "a")}});
  EXPECT_THAT(talk.publishes(), ElementsAre(2));
}

TEST(G5_Fairness, ARowWithoutKeyIsLookedUpBySeqWhenItsBlockEnds) {
  Talk talk;
  talk.begin();
  talk.page({row(7, ""), row(9, "")});
  EXPECT_THAT(talk.publishes(), ElementsAre(7, 9));
  talk.result(7, Outcome::returned, "no queue");
  talk.result(9, Outcome::returned, "no queue");
  EXPECT_EQ(talk.relay.status().buffered, 0);
  talk.after(Millis(5'000));
  EXPECT_THAT(talk.says("read"), ElementsAre("read 2 after 6"));
  talk.tell(PageRead{{{row(7, ""), row(8, "new")}, {{}, {"s2"}, 8}, false}});
  EXPECT_THAT(talk.publishes(), ElementsAre(7)) << "8 is a matter of the round";
  EXPECT_THAT(talk.relay.status().keys, 2);
  talk.page({});
  EXPECT_THAT(talk.says("read"), ElementsAre("read 1 after 8"));
  talk.page({});  // 9 is gone from the table
  EXPECT_THAT(talk.relay.status().keys, 1);
}

TEST(G5_Fairness, TheRoundWaitsAtItsPageWhileSixteenWindowsAreBuffered) {
  Talk talk({.window = 16});
  talk.begin();
  Seq seq = 0;
  int pages = 0;
  while (!talk.says("read").empty() || pages == 0) {
    std::vector<OutboxRow> page;
    for (int i = 0; i < 16; ++i) {
      ++seq;
      page.push_back(row(seq, "k" + std::to_string(seq)));
    }
    talk.tell(PageRead{{std::move(page), {{}, {"s1"}, seq}, false}});
    ++pages;
  }
  EXPECT_EQ(talk.relay.status().buffered, 16 * 15) << "the last window is for keys that run low";
  for (Seq confirmed = 1; confirmed <= 16; ++confirmed) talk.confirm(confirmed);
  EXPECT_THAT(talk.says("read"), IsEmpty()) << "confirmed and unmarked ones count too";
  talk.tell(Marked{16});
  EXPECT_THAT(talk.says("read"), ElementsAre("read 16 after 240, as of s1"));
}

TEST(G5_Fairness, LaterPagesOfARoundComeWithoutAKeyThatFilledOne) {
  Talk talk;
  talk.begin();
  std::vector<OutboxRow> hot;
  for (Seq seq = 1; seq <= 130; ++seq) hot.push_back(row(seq, "hot"));
  talk.tell(PageRead{{std::move(hot), {{}, {"s1"}, 130}, false}});
  EXPECT_THAT(talk.says("read"), ElementsAre("read 511 after 130, as of s1, without hot"));
  talk.tell(PageRead{{{row(20'000, "a")}, {{"s1"}, {}, 0}, true}});
  talk.now += std::chrono::seconds(1);
  EXPECT_THAT(talk.says("read"), ElementsAre("read 1000 after 0, not seen by s1"));
}

TEST(G5_Fairness, LargeRowsMakeSmallPages) {
  Talk talk;
  talk.begin();
  std::vector<OutboxRow> page = {row(1, "a"), row(2, "b"), row(3, "c"), row(4, "d")};
  for (OutboxRow& each : page) each.event.envelope.assign(1024 * 1024, ' ');
  talk.tell(PageRead{{std::move(page), {{}, {"s1"}, 4}, false}});
  EXPECT_THAT(talk.says("read"), IsEmpty()) << "12 MiB are left: 11 such rows, too few to be worth a page";
  talk.confirm(1), talk.confirm(2), talk.confirm(3), talk.confirm(4);
  EXPECT_THAT(talk.says("read"), ElementsAre("read 15 after 4, as of s1"));
}

TEST(G5_Fairness, HalfOfManyKeysReturnedBoundsMemoryAndTheOthersDrain) {
  constexpr Seq count = 20'000;
  Talk talk({.window = 100});
  talk.begin();
  Seq next = 1;
  std::size_t most = 0, confirmed = 0;
  for (int turn = 0; turn < 100'000 && confirmed < count / 2; ++turn) {
    std::vector<ports::PublishResult> results;
    bool read = false;
    int limit = 0;
    for (Action& action : talk.relay.step(talk.now)) {
      if (const auto* publish = std::get_if<Publish>(&action)) {
        const bool bound = publish->seq % 2 == 0;
        results.push_back({publish->token, bound ? Outcome::confirmed : Outcome::returned, ""});
        confirmed += bound;
      } else if (const auto* command = std::get_if<StoreCommand>(&action)) {
        if (const auto* page = std::get_if<ReadPage>(command)) read = true, limit = page->limit;
        if (std::holds_alternative<MarkPublished>(*command)) talk.tell(Marked{});
        if (std::holds_alternative<NoteFailure>(*command)) talk.tell(Noted{});
      }
    }
    talk.pumped({SessionState::open, results});
    if (!read) read = next == 1;
    if (read) {
      std::vector<OutboxRow> page;
      for (int i = 0; i < std::max(limit, 1) && next <= count; ++i, ++next)
        page.push_back(row(next, "k" + std::to_string(next)));
      talk.tell(PageRead{{std::move(page), {{}, {"s1"}, next - 1}, next > count}});
    }
    most = std::max(most, talk.relay.status().buffered);
  }
  EXPECT_EQ(confirmed, count / 2);
  EXPECT_LE(most, 1600);
  EXPECT_EQ(talk.relay.status().blocked_keys, count / 2);
}

}  // namespace
}  // namespace holdfast::outbox
