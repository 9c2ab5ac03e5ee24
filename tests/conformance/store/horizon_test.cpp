// G3: what is pruned can no longer be told from new, so the horizon is known, and never runs ahead of a backlog.
#include "conformance/store/clients.hpp"

namespace conformance {
namespace {

using namespace holdfast;
using namespace holdfast::ports;
using Wait = Deferred::Wait;
using std::chrono::hours;

constexpr hours day(24), window = 14 * day;

/// One round; true: there is more.
bool prune_some(InboxStore& inbox, const PruneRule& rule, int limit = 10) {
  const auto before = inbox.prune_before(rule);
  return before && inbox.prune(rule.window, *before, limit);
}

TEST_P(StoreConformance, PruneForgetsWhatIsOlderThanTheWindowAndKeepsTheHorizon) {
  const Timestamp base = clients->now();
  const auto prune = [&](PruneRule rule) { return on(0, [&] { return prune_some(inbox(), rule); }); };
  const auto take = [&](int n, Timestamp at) {
    committed([&](InboxTx& t) {
      const std::vector<Claim> claims{claim_of(n, at)};
      t.claim(claims);
    });
  };
  take(1, base), take(2, base + hours(1));
  clients->advance(window - hours(1));
  EXPECT_FALSE(prune({window, true}));
  does(0, [](InboxTx& t) {
    EXPECT_EQ(t.look({id(1), id(2)}).size(), 2u);
    EXPECT_FALSE(t.pruned_before());
  });
  rolls_back(0);

  clients->advance(hours(3));
  EXPECT_FALSE(prune({window, false}));
  does(0, [](InboxTx& t) { EXPECT_EQ(t.look({id(1), id(2)}).size(), 2u); });
  rolls_back(0);

  EXPECT_FALSE(prune({window, true}));
  does(0, [&](InboxTx& t) {
    EXPECT_TRUE(t.look({id(1), id(2)}).empty());
    EXPECT_EQ(t.pruned_before(), base + hours(1));
    EXPECT_EQ(claim(t, {1}), Ids{id(1)});
  });
}

TEST_P(StoreConformance, TheHorizonNeverGoesBack) {
  const Timestamp base = clients->now();
  const auto take_and_prune = [&](int n, Timestamp at) {
    committed([&](InboxTx& t) {
      const std::vector<Claim> claims{claim_of(n, at)};
      t.claim(claims);
    });
    clients->advance(window + day);
    on(0, [&] { return prune_some(inbox(), {window}); });
    does(0, [&](InboxTx& t) { EXPECT_TRUE(t.look({id(n)}).empty()); });
    rolls_back(0);
  };
  take_and_prune(1, base);
  take_and_prune(2, base - day);  // came late
  does(0, [&](InboxTx& t) { EXPECT_EQ(t.pruned_before(), base); });
}

TEST_P(StoreConformance, PruneIsBounded) {
  committed([](InboxTx& t) { claim(t, {1, 2, 3, 4, 5}); });
  clients->advance(window + day);
  const auto prune = [&] { return on(0, [&] { return prune_some(inbox(), {window}, 2); }); };
  EXPECT_TRUE(prune());
  does(0, [](InboxTx& t) { EXPECT_EQ(t.look({id(1), id(2), id(3), id(4), id(5)}).size(), 3u); });
  rolls_back(0);
  EXPECT_TRUE(prune());
  EXPECT_FALSE(prune());
  does(0, [](InboxTx& t) { EXPECT_TRUE(t.look({id(1), id(2), id(3), id(4), id(5)}).empty()); });
}

// A chore asks once how far it may go. What is handled between its rounds moves nothing, and a row that became old enough since
// then has to wait for the next.
TEST_P(StoreConformance, AllRoundsGoAsFarAsTheFirst) {
  const Timestamp base = clients->now();
  const auto take = [&](int n, Timestamp at) {
    committed([&](InboxTx& t) {
      const std::vector<Claim> claims{claim_of(n, at)};
      t.claim(claims);
    });
  };
  take(1, base), take(2, base + hours(1)), take(3, base + hours(2)), take(4, base + 2 * day);
  clients->advance(window + day);
  const auto before = on(0, [&] { return inbox().prune_before({window}); });
  ASSERT_TRUE(before);
  const auto round = [&] { return on(0, [&] { return inbox().prune(window, *before, 2); }); };
  EXPECT_TRUE(round());
  take(5, base + hours(1));
  clients->advance(2 * day);
  EXPECT_FALSE(round());
  does(0, [&](InboxTx& t) {
    EXPECT_TRUE(t.look({id(1), id(2), id(3)}).empty());
    EXPECT_EQ(t.look({id(4), id(5)}).size(), 2u);
    EXPECT_EQ(t.pruned_before(), base + hours(2));
  });
}

TEST_P(StoreConformance, PruneLeavesWhatIsNotOver) {
  committed([](InboxTx& t) {
    claim(t, {1, 2, 3, 4});
    t.settle(id(1), aside(1, Wait::retry)), t.settle(id(2), aside(2, Wait::dead)),
        t.settle(id(3), {State::retrying, 1});
    t.settle(id(4), {State::discarded});
  });
  clients->advance(window + day);
  on(0, [&] { return prune_some(inbox(), {window}); });
  does(0, [](InboxTx& t) {
    EXPECT_EQ(t.look({id(1), id(2), id(3)}).size(), 3u);
    EXPECT_TRUE(t.look({id(4)}).empty());
  });
}

TEST_P(StoreConformance, PruneLeavesEventsWithoutATime) {
  committed([](InboxTx& t) {
    const std::vector<Claim> claims{{id(1), std::nullopt, "hash"}};
    t.claim(claims);
  });
  clients->advance(window + day);
  on(0, [&] { return prune_some(inbox(), {window}); });
  does(0, [](InboxTx& t) { EXPECT_EQ(t.look({id(1)}).size(), 1u); });
}

// A consumer that was down for weeks comes back to events that are older than the window: it must not call them too old.
TEST_P(StoreConformance, PruneStaysBehindABacklog) {
  const Timestamp base = clients->now();
  const auto take = [&](int n, Timestamp at) {
    committed([&](InboxTx& t) {
      const std::vector<Claim> claims{claim_of(n, at)};
      t.claim(claims);
    });
  };
  take(1, base), take(2, base + hours(4));
  clients->advance(40 * day);
  take(3, base + window + hours(2));  // from the backlog, handled just now
  on(0, [&] { return prune_some(inbox(), {window}); });
  does(0, [&](InboxTx& t) {
    EXPECT_TRUE(t.look({id(1)}).empty());
    EXPECT_EQ(t.look({id(2), id(3)}).size(), 2u);
    EXPECT_EQ(t.pruned_before(), base);
  });
  rolls_back(0);
  clients->advance(hours(2));  // the backlog is done
  on(0, [&] { return prune_some(inbox(), {window}); });
  does(0, [&](InboxTx& t) {
    EXPECT_TRUE(t.look({id(2)}).empty());
    EXPECT_EQ(t.pruned_before(), base + hours(4));
  });
}

// A process that slept for weeks: its queue moved just before, by its own clock.
TEST_P(StoreConformance, WithNothingHandledLatelyOnlyAnEmptyQueueLetsRowsGo) {
  committed([](InboxTx& t) { claim(t, {1}); });
  clients->advance(window + day);
  const auto left = [&](bool queue_empty) {
    on(0, [&] { return prune_some(inbox(), {window, true, queue_empty}); });
    return on(0, [&] { return inbox().begin()->look({id(1)}).size(); });
  };
  EXPECT_EQ(left(false), 1u);
  EXPECT_EQ(left(true), 0u);
}

// After weeks the first that is handled may be from the end of the backlog, while another instance is at its beginning.
TEST_P(StoreConformance, AQueueThatIsNotEmptyMustHaveMovedForAWhile) {
  const Timestamp base = clients->now();
  const auto take = [&](int n, Timestamp at) {
    committed([&](InboxTx& t) {
      const std::vector<Claim> claims{claim_of(n, at)};
      t.claim(claims);
    });
  };
  take(1, base);
  clients->advance(40 * day);
  take(2, clients->now());
  const auto left = [&] {
    on(0, [&] { return prune_some(inbox(), {window, true, false}); });
    return on(0, [&] { return inbox().begin()->look({id(1)}).size(); });
  };
  EXPECT_EQ(left(), 1u);
  clients->advance(std::chrono::minutes(31));
  take(3, clients->now());
  EXPECT_EQ(left(), 0u);
}

}  // namespace
}  // namespace conformance
