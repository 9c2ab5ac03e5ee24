// G1, G4: each pending row is read, in the order of its key, until it is marked; and marked only by its own number and id.
#include "conformance/store/clients.hpp"

namespace conformance {
namespace {

using namespace holdfast;
using namespace holdfast::ports;
using Numbers = std::vector<int>;

Numbers numbers(const std::vector<OutboxRow>& rows) {
  Numbers out;
  for (const auto& row : rows) out.push_back(row.event.id.bytes()[14] * 256 + row.event.id.bytes()[15]);
  return out;
}

RowRef ref(const OutboxRow& row) { return {row.seq, row.event.id}; }
std::vector<OutgoingEvent> events(int from, int to) {
  std::vector<OutgoingEvent> out;
  for (int n = from; n <= to; ++n) out.push_back(outgoing(n));
  return out;
}

TEST_P(StoreConformance, PendingRowsComeBackWhole) {
  OutgoingEvent plain = outgoing(1, std::nullopt), odd = outgoing(2, "order 7");
  odd.destination = "inventory.retry.5s.q";
  odd.unrouted_ok = true;
  odd.envelope = std::string("\0\xff{\"", 4);
  odd.headers = {{"a\"b", "\xc3\xa4 \\ \n"}, {"", ""}};
  publish({plain, odd});
  const auto rows = all_pending();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].event, plain);
  EXPECT_EQ(rows[1].event, odd);
  EXPECT_LT(rows[0].seq, rows[1].seq);
  EXPECT_EQ(rows[0].attempts, 0);
  EXPECT_FALSE(rows[0].refused);
}

// 8.2: a row that commits while a round is under way belongs to the next one, whichever page comes first.
TEST_P(StoreConformance, ARoundSeesWhatItsFirstPageSaw) {
  publish(events(1, 5));
  const auto read = [&](const Round& round) { return on(2, [&] { return outbox().read(round, 2); }); };
  Page page = read({});
  EXPECT_EQ(numbers(page.rows), (Numbers{1, 2}));
  EXPECT_FALSE(page.last);
  publish(events(6, 6));
  page = read(page.next);
  EXPECT_EQ(numbers(page.rows), (Numbers{3, 4}));
  publish(events(7, 7));
  page = read(page.next);
  EXPECT_EQ(numbers(page.rows), Numbers{5});
  EXPECT_TRUE(page.last);
  page = read(page.next);
  EXPECT_EQ(numbers(page.rows), (Numbers{6, 7}));
  while (!page.last) page = read(page.next);
  page = read(page.next);
  EXPECT_TRUE(page.rows.empty());
  EXPECT_TRUE(page.last);
}

TEST_P(StoreConformance, ARoundOverNothingIsFollowedByWhatCameAfter) {
  Page page = on(2, [&] { return outbox().read({}, 10); });
  EXPECT_TRUE(page.last);
  publish(events(1, 2));
  page = on(2, [&] { return outbox().read(page.next, 10); });
  EXPECT_EQ(numbers(page.rows), (Numbers{1, 2}));
  page = on(2, [&] { return outbox().read(page.next, 10); });
  EXPECT_TRUE(page.rows.empty());
  EXPECT_EQ(numbers(all_pending()), (Numbers{1, 2}));  // a full round finds them again
}

TEST_P(StoreConformance, LargeRoundsAreReadToTheirEnd) {
  publish(events(1, 1000));
  std::vector<OutboxRow> all;
  for (Page page;;) {
    page = on(2, [&] { return outbox().read(page.next, 300); });
    all.insert(all.end(), page.rows.begin(), page.rows.end());
    if (page.last) break;
  }
  ASSERT_EQ(all.size(), 1000u);
  for (int n = 0; n < 1000; ++n) EXPECT_EQ(all[static_cast<std::size_t>(n)].event.id, id(n + 1));
}

TEST_P(StoreConformance, APageComesWithoutTheKeysThatAreReadByKey) {
  publish({outgoing(1, "hot"), outgoing(2, "a"), outgoing(3, "hot"), outgoing(4, "hot"), outgoing(5, "it's"),
           outgoing(6, "b"), outgoing(7, std::nullopt), outgoing(8, "hot")});
  const std::vector<std::string> without{"hot", "it's"};
  Page page = on(2, [&] { return outbox().read({}, 1); });
  EXPECT_EQ(numbers(page.rows), Numbers{1});
  page = on(2, [&] { return outbox().read(page.next, 2, without); });
  EXPECT_EQ(numbers(page.rows), (Numbers{2, 6}));
  page = on(2, [&] { return outbox().read(page.next, 2, without); });
  EXPECT_EQ(numbers(page.rows), Numbers{7});
  EXPECT_TRUE(page.last);
  EXPECT_TRUE(on(2, [&] { return outbox().read(page.next, 10); }).rows.empty()) << "the round is over for all of them";
}

// A lower number that commits after a higher one was read must still be read.
TEST_P(StoreConformance, ALateCommitIsReadInTheNextRound) {
  if (!features().rivals) GTEST_SKIP();
  does(1, [](InboxTx& t) { t.publish(outgoing(1, "a")); });
  publish({outgoing(2, "b")});
  Page page = on(2, [&] { return outbox().read({}, 10); });
  EXPECT_EQ(numbers(page.rows), Numbers{2});
  commits(1);
  page = on(2, [&] { return outbox().read(page.next, 10); });
  EXPECT_EQ(numbers(page.rows), Numbers{1});
}

// It commits between two pages of a round, behind what was read and before what was not: this round passes it by either way, else
// a later row of its key would be sent before it.
TEST_P(StoreConformance, WhatCommitsBetweenTwoPagesBelongsToTheNextRound) {
  if (!features().rivals) GTEST_SKIP();
  does(1, [](InboxTx& t) { t.publish(outgoing(1, "a")); });
  publish({outgoing(2, "b"), outgoing(3, "c"), outgoing(4, "d")});
  does(2, [](InboxTx& t) { t.publish(outgoing(5, "e")); });
  publish({outgoing(6, "f")});
  Page page = on(2, [&] { return outbox().read({}, 2); });
  EXPECT_EQ(numbers(page.rows), (Numbers{2, 3}));
  commits(1), commits(2);
  publish({outgoing(7, "a")});
  page = on(2, [&] { return outbox().read(page.next, 10); });
  EXPECT_EQ(numbers(page.rows), (Numbers{4, 6}));
  page = on(2, [&] { return outbox().read(page.next, 10); });
  EXPECT_EQ(numbers(page.rows), (Numbers{1, 5, 7}));
}

// After a restore from a backup a snapshot can be of a future that did not happen.
TEST_P(StoreConformance, ASnapshotOfTheFutureHidesNothing) {
  for (const auto& event : events(1, 9)) publish({event});
  const Round future = on(2, [&] { return outbox().read({}, 10); }).next;
  clients = GetParam().make();
  publish(events(1, 2));
  Numbers found;
  Page page;
  page.next = future;
  do {
    page = on(2, [&] { return outbox().read(page.next, 10); });
    for (const int n : numbers(page.rows)) found.push_back(n);
  } while (!page.last);
  EXPECT_EQ(found, (Numbers{1, 2}));
}

TEST_P(StoreConformance, ReadKeysGivesTheNextOfEach) {
  publish({outgoing(1, "a"), outgoing(2, "b"), outgoing(3, "a"), outgoing(4, "a"), outgoing(5, "c"),
           outgoing(6, std::nullopt)});
  const auto rows = all_pending();
  const std::vector<KeyFrom> keys{{"a", rows[0].seq}, {"b", 0}, {"none", 0}};
  const auto read = on(2, [&] { return outbox().read_keys(keys, 1); });
  EXPECT_EQ(numbers(read), (Numbers{3, 2}));
  const std::vector<KeyFrom> a{{"a", 0}};
  EXPECT_EQ(numbers(on(2, [&] { return outbox().read_keys(a, 10); })), (Numbers{1, 3, 4}));
}

TEST_P(StoreConformance, AMarkTakesItsOwnRowOnly) {
  publish(events(1, 3));
  const auto rows = all_pending();
  const auto mark = [&](std::vector<RowRef> marks) { return on(2, [&] { return outbox().mark_published(marks); }); };
  EXPECT_EQ(mark({{rows[0].seq, id(9)}, {rows[2].seq + 100, id(3)}}), 0);  // another event, as after a restore
  EXPECT_EQ(all_pending().size(), 3u);
  EXPECT_EQ(mark({ref(rows[0]), ref(rows[1])}), 2);
  EXPECT_EQ(numbers(all_pending()), Numbers{3});
  EXPECT_EQ(mark({ref(rows[0])}), 0);
}

TEST_P(StoreConformance, NumbersAreNeverUsedTwice) {
  publish(events(1, 3));
  const auto before = all_pending();
  mark_all();
  if (features().restarts) restart();
  publish(events(4, 4));
  EXPECT_GT(all_pending().at(0).seq, before.back().seq);
}

TEST_P(StoreConformance, WhatIsCommittedIsThereAfterARestart) {
  if (!features().restarts) GTEST_SKIP();
  publish(events(1, 2));
  does(1, [](InboxTx& t) { t.publish(outgoing(3)); });
  restart();
  EXPECT_EQ(numbers(all_pending()), (Numbers{1, 2}));
}

TEST_P(StoreConformance, FailuresAreNotedOnTheirRow) {
  publish(events(1, 3));
  const auto rows = all_pending();
  const auto note = [&](RowRef row, bool refused) {
    clients->run(2, [&] { outbox().note_failure(std::span(&row, 1), "returned", refused); });
  };
  note(ref(rows[0]), false), note(ref(rows[0]), false), note(ref(rows[1]), true), note(ref(rows[1]), false);
  note({rows[2].seq, id(9)}, true);
  const auto after = all_pending();
  EXPECT_EQ(after[0].attempts, 2);
  EXPECT_FALSE(after[0].refused);
  EXPECT_EQ(after[1].attempts, 2);
  EXPECT_TRUE(after[1].refused);
  EXPECT_EQ(after[2].attempts, 0);
  EXPECT_FALSE(after[2].refused);
}

TEST_P(StoreConformance, TheLeaseHasOneOwner) {
  const auto renew = [&](const char* owner) { return on(2, [&] { return outbox().renew(owner, Millis(10'000)); }); };
  EXPECT_TRUE(renew("a"));
  EXPECT_FALSE(renew("b"));
  clients->advance(Millis(9'000));
  EXPECT_TRUE(renew("a"));
  clients->advance(Millis(9'000));
  EXPECT_FALSE(renew("b"));
  clients->advance(Millis(1'001));
  EXPECT_TRUE(renew("b"));
  EXPECT_FALSE(renew("a"));
  clients->run(2, [&] { outbox().release("a"); });
  EXPECT_FALSE(renew("a"));
  clients->run(2, [&] { outbox().release("b"); });
  EXPECT_TRUE(renew("a"));
}

TEST_P(StoreConformance, RetentionIsBoundedAndKeepsTheYoung) {
  publish(events(1, 5));
  mark_all();
  clients->advance(Millis(60'000));
  publish(events(6, 6));
  mark_all();
  const auto retain = [&] { return on(2, [&] { return outbox().retain(Millis(30'000), 2); }); };
  EXPECT_TRUE(retain());
  EXPECT_TRUE(retain());
  EXPECT_FALSE(retain());
  if (!features().admin) return;
  const auto kept = clients->admin()->published({});
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].row.event.id, id(6));
}

TEST_P(StoreConformance, PublishedRowsAreKeptButForThoseOfOneQueue) {
  if (!features().admin) GTEST_SKIP();
  OutgoingEvent retry = outgoing(2);
  retry.destination = "inventory.retry.5s.q";
  publish({outgoing(1), retry});
  EXPECT_EQ(mark_all(), 2);
  const auto kept = clients->admin()->published({});
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].row.event, outgoing(1));
  EXPECT_EQ(kept[0].published_at, clients->now());
}

}  // namespace
}  // namespace conformance
