// G3: of two deliveries of one event, one is new. What claims and locks wait for, and what they see then.
#include "conformance/store/clients.hpp"

namespace conformance {
namespace {

using namespace holdfast;
using namespace holdfast::ports;
using Wait = Deferred::Wait;

TEST_P(StoreConformance, ClaimReturnsWhatIsNew) {
  committed([](InboxTx& t) { EXPECT_EQ(claim(t, {2, 1}), (Ids{id(1), id(2)})); });
  committed([](InboxTx& t) { EXPECT_EQ(claim(t, {3, 2, 2}), (Ids{id(3)})); });
  committed([](InboxTx& t) { EXPECT_EQ(t.lock({id(1), id(2), id(3)}).size(), 3u); });
}

TEST_P(StoreConformance, WhatIsUnclaimedIsNotThere) {
  committed([](InboxTx& t) {
    claim(t, {1, 2});
    t.unclaim(id(1));
    EXPECT_TRUE(t.look({id(1)}).empty());
  });
  committed([](InboxTx& t) { EXPECT_EQ(claim(t, {1, 2}), Ids{id(1)}); });
}

TEST_P(StoreConformance, ClaimKeepsTheFirstRow) {
  committed([](InboxTx& t) { claim(t, {1}), t.settle(id(1), {State::retrying, 7}); });
  committed([](InboxTx& t) {
    const std::vector<Claim> other{{id(1), long_ago, "another hash"}};
    EXPECT_TRUE(t.claim(other).empty());
    EXPECT_EQ(row(t, 1), (InboxRow{State::retrying, 7, "hash"}));
  });
}

TEST_P(StoreConformance, BodyHashIsBytes) {
  const std::string hash("\0\xff'\"\x01", 5);
  committed([&](InboxTx& t) {
    const std::vector<Claim> claims{{id(1), std::nullopt, hash}};
    t.claim(claims);
  });
  does(0, [&](InboxTx& t) { EXPECT_EQ(row(t, 1).body_hash, hash); });
}

TEST_P(StoreConformance, WhatWasRolledBackIsNewAgain) {
  does(0, [](InboxTx& t) { claim(t, {1}), t.settle(id(1), aside(1, Wait::blocked)), t.publish(outgoing(1)); });
  rolls_back(0);
  does(0, [](InboxTx& t) {
    EXPECT_FALSE(t.deferred(id(1)));
    EXPECT_FALSE(t.head("k"));
    EXPECT_EQ(claim(t, {1}), Ids{id(1)});
  });
  rolls_back(0);
  EXPECT_TRUE(all_pending().empty());
}

TEST_P(StoreConformance, ClaimWaitsForAnOpenRivalThatCommits) {
  Ids fresh{id(9)};
  std::map<EventId, InboxRow> rows;
  std::set<std::string> blocked;
  does(0, [](InboxTx& t) { claim(t, {1}), t.settle(id(1), aside(1, Wait::retry)); });
  does(1, [&](InboxTx& t) { fresh = claim(t, {1}), rows = t.lock({id(1)}), blocked = t.blocked({"k"}); });
  EXPECT_TRUE(clients->waits(1));
  commits(0), clients->finish(1);
  EXPECT_TRUE(fresh.empty());
  EXPECT_EQ(rows.at(id(1)).state, State::deferred);
  EXPECT_TRUE(blocked.contains("k"));
}

TEST_P(StoreConformance, ClaimWaitsForAnOpenRivalThatRollsBack) {
  Ids fresh;
  does(0, [](InboxTx& t) { claim(t, {1}); });
  does(1, [&](InboxTx& t) { fresh = claim(t, {1}); });
  EXPECT_TRUE(clients->waits(1));
  rolls_back(0), clients->finish(1);
  EXPECT_EQ(fresh, Ids{id(1)});
}

TEST_P(StoreConformance, ClaimWaitsForAnOpenChange) {
  Ids fresh{id(9)};
  committed([](InboxTx& t) { claim(t, {1}); });
  does(0, [](InboxTx& t) { t.lock({id(1)}), t.settle(id(1), {State::retrying, 7}); });
  does(1, [&](InboxTx& t) { fresh = claim(t, {1}); });
  EXPECT_TRUE(clients->waits(1));
  commits(0), clients->finish(1);
  EXPECT_TRUE(fresh.empty());
}

TEST_P(StoreConformance, LockWaitsAndSeesTheNewestVersion) {
  committed([](InboxTx& t) { claim(t, {1}); });
  does(0, [](InboxTx& t) { t.lock({id(1)}), t.settle(id(1), {State::retrying, 7}); });
  std::map<EventId, InboxRow> rows;
  does(1, [&](InboxTx& t) { rows = t.lock({id(1), id(2)}); });
  EXPECT_TRUE(clients->waits(1));
  commits(0), clients->finish(1);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[id(1)], (InboxRow{State::retrying, 7, "hash"}));
}

TEST_P(StoreConformance, AHeadThatWasSettledWhileWaitedForIsSeenAsItIs) {
  committed([](InboxTx& t) {
    claim(t, {1, 2}), t.settle(id(1), aside(1, Wait::retry)), t.settle(id(2), aside(2, Wait::blocked));
  });
  does(0, [](InboxTx& t) { t.lock({id(1)}), t.settle(id(1), {State::handled}); });
  std::optional<EventId> head;
  std::optional<Deferred> gone;
  State state = State::deferred;
  does(1, [&](InboxTx& t) {
    state = t.lock({id(1)}).at(id(1)).state;
    gone = t.deferred(id(1)), head = t.head("k");
  });
  EXPECT_TRUE(clients->waits(1));
  commits(0), clients->finish(1);
  EXPECT_EQ(state, State::handled);
  EXPECT_FALSE(gone);
  EXPECT_EQ(head, id(2));
}

TEST_P(StoreConformance, AHeadThatWasSetAsideAgainWhileWaitedForIsSeenAsItIs) {
  committed([](InboxTx& t) {
    claim(t, {1, 2}), t.settle(id(1), aside(1, Wait::retry)), t.settle(id(2), aside(2, Wait::blocked));
  });
  struct Seen {
    InboxRow row;
    std::optional<Deferred> event;
    std::optional<EventId> head;
  };
  const auto seen_after = [&](Step rival) {
    Seen seen;
    does(0, std::move(rival));
    does(1, [&](InboxTx& t) { seen = {t.lock({id(1)}).at(id(1)), t.deferred(id(1)), t.head("k")}; });
    EXPECT_TRUE(clients->waits(1));
    commits(0), clients->finish(1);
    rolls_back(1);
    return seen;
  };
  const Seen retried = seen_after([](InboxTx& t) {
    Fate fate = aside(1, Wait::retry, true, "k", Millis(5000));
    fate.copy = 1, fate.deferred->attempts = 2;
    t.lock({id(1)}), t.settle(id(1), fate);
  });
  EXPECT_EQ(retried.row, (InboxRow{State::deferred, 1, "hash"}));
  EXPECT_EQ(retried.event.value().attempts, 2);
  EXPECT_GT(retried.event->due_in, Millis(0)) << "what was due is not due any more";
  EXPECT_EQ(retried.head, id(1)) << "it keeps its place";

  const Seen dead = seen_after([](InboxTx& t) { t.lock({id(1)}), t.settle(id(1), aside(1, Wait::dead, false)); });
  EXPECT_EQ(dead.row.state, State::dead);
  EXPECT_EQ(dead.event.value().wait, Wait::dead);
  EXPECT_EQ(dead.head, id(2));

  const Seen last =
      seen_after([](InboxTx& t) {  // handled under a copy that ran beside the order, and set aside once more
        t.lock({id(1)}), t.settle(id(1), {State::handled}), t.settle(id(1), aside(1, Wait::blocked));
      });
  EXPECT_EQ(last.event.value().wait, Wait::blocked);
  EXPECT_EQ(last.head, id(2)) << "its place is behind those that waited";
}

// What only stores with several writers can show.

TEST_P(StoreConformance, ClaimDoesNotWaitForALock) {
  if (!features().rivals) GTEST_SKIP();
  committed([](InboxTx& t) { claim(t, {1}); });
  does(0, [](InboxTx& t) { t.lock({id(1)}); });
  does(1, [](InboxTx& t) { EXPECT_TRUE(claim(t, {1}).empty()); });
  EXPECT_FALSE(clients->waits(1));
}

TEST_P(StoreConformance, LockDoesNotSeeAnOpenInsert) {
  if (!features().rivals) GTEST_SKIP();
  does(0, [](InboxTx& t) { claim(t, {1}); });
  does(1, [](InboxTx& t) {
    EXPECT_TRUE(t.lock({id(1)}).empty());
    EXPECT_FALSE(t.try_lock(id(1)));
  });
  EXPECT_FALSE(clients->waits(1));
}

TEST_P(StoreConformance, LockTakesRowsById) {
  if (!features().rivals) GTEST_SKIP();
  committed([](InboxTx& t) { claim(t, {1, 2, 3}); });
  does(0, [](InboxTx& t) { t.lock({id(2)}); });
  does(1, [](InboxTx& t) { t.lock({id(3), id(2), id(1)}); });
  EXPECT_TRUE(clients->waits(1));
  does(2, [](InboxTx& t) {
    EXPECT_FALSE(t.try_lock(id(1)));
    EXPECT_TRUE(t.try_lock(id(3)));
  });
  rolls_back(2), rolls_back(0), clients->finish(1);
  does(2, [](InboxTx& t) { EXPECT_FALSE(t.try_lock(id(3))); });
}

TEST_P(StoreConformance, ClaimTakesRowsById) {
  if (!features().rivals) GTEST_SKIP();
  does(0, [](InboxTx& t) { claim(t, {2}); });
  does(1, [](InboxTx& t) { claim(t, {3, 1, 2}); });
  EXPECT_TRUE(clients->waits(1));
  Ids fresh;
  does(2, [&](InboxTx& t) { fresh = claim(t, {3}); });
  EXPECT_EQ(fresh, Ids{id(3)});
  rolls_back(2), rolls_back(0), clients->finish(1);
}

TEST_P(StoreConformance, TryLockSkipsALockedRow) {
  if (!features().rivals) GTEST_SKIP();
  committed([](InboxTx& t) { claim(t, {1}); });
  does(0, [](InboxTx& t) {
    EXPECT_TRUE(t.try_lock(id(1)));
    EXPECT_TRUE(t.try_lock(id(1)));
  });
  does(1, [](InboxTx& t) {
    EXPECT_FALSE(t.try_lock(id(1)));
    EXPECT_FALSE(t.try_lock(id(2)));
  });
  rolls_back(0);
  does(1, [](InboxTx& t) { EXPECT_TRUE(t.try_lock(id(1))); });
}

TEST_P(StoreConformance, ALockedHeadIsStillTheHead) {
  if (!features().rivals) GTEST_SKIP();
  committed([](InboxTx& t) {
    claim(t, {1, 2}), t.settle(id(1), aside(1, Wait::retry)), t.settle(id(2), aside(2, Wait::blocked));
  });
  does(0, [](InboxTx& t) { t.try_lock(id(1)); });
  does(1, [](InboxTx& t) {
    EXPECT_EQ(t.head("k"), id(1));
    EXPECT_FALSE(t.try_lock(id(1)));
  });
  EXPECT_FALSE(clients->waits(1));
}

TEST_P(StoreConformance, ADeadlockHasOneVictim) {
  if (!features().rivals) GTEST_SKIP();
  committed([](InboxTx& t) { claim(t, {1, 2}); });
  does(0, [](InboxTx& t) { t.lock({id(1)}); });
  does(1, [](InboxTx& t) { t.lock({id(2)}); });
  may_fail = true;
  does(0, [](InboxTx& t) { t.lock({id(2)}); });
  does(1, [](InboxTx& t) { t.lock({id(1)}); });
  clients->finish(0), clients->finish(1);
  EXPECT_NE(failed[0], failed[1]);
}

TEST_P(StoreConformance, ClaimsThatCrossAreADeadlock) {
  if (!features().rivals) GTEST_SKIP();
  does(0, [](InboxTx& t) { claim(t, {1}); });
  does(1, [](InboxTx& t) { claim(t, {2}); });
  may_fail = true;
  does(0, [](InboxTx& t) { claim(t, {2}); });
  does(1, [](InboxTx& t) { claim(t, {1}); });
  clients->finish(0), clients->finish(1);
  EXPECT_NE(failed[0], failed[1]);
}

TEST_P(StoreConformance, BlockedDoesNotSeeAnOpenRival) {
  if (!features().rivals) GTEST_SKIP();
  does(0, [](InboxTx& t) { claim(t, {1}), t.settle(id(1), aside(1, Wait::retry)); });
  does(1, [](InboxTx& t) { EXPECT_TRUE(t.blocked({"k"}).empty()); });
  commits(0);
  does(1, [](InboxTx& t) { EXPECT_EQ(t.blocked({"k"}), std::set<std::string>{"k"}); });
}

}  // namespace
}  // namespace conformance
