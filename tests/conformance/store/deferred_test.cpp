// Events set aside: both rows change together, each keeps its place and its bytes, and what is due is found by looking.
#include "conformance/store/clients.hpp"

namespace conformance {
namespace {

using namespace holdfast;
using namespace holdfast::ports;
using Wait = Deferred::Wait;

std::vector<Due> due_of(std::initializer_list<std::pair<int, const char*>> wanted) {
  std::vector<Due> out;
  for (const auto& [number, key] : wanted) out.push_back({id(number), key, "order.created.v1"});
  return out;
}

TEST_P(StoreConformance, SettleWritesBothRows) {
  committed([](InboxTx& t) { claim(t, {1}), t.settle(id(1), aside(1, Wait::retry)); });
  committed([](InboxTx& t) {
    EXPECT_EQ(row(t, 1).state, State::deferred);
    EXPECT_EQ(t.deferred(id(1))->wait, Wait::retry);
    t.settle(id(1), {State::handled});
  });
  committed([](InboxTx& t) {
    EXPECT_EQ(row(t, 1).state, State::handled);
    EXPECT_FALSE(t.deferred(id(1)));
    EXPECT_FALSE(t.head("k"));
  });
}

TEST_P(StoreConformance, SettleKeepsThePosition) {
  committed([](InboxTx& t) {
    claim(t, {1, 2}), t.settle(id(2), aside(2, Wait::retry)), t.settle(id(1), aside(1, Wait::blocked));
  });
  committed([](InboxTx& t) {
    t.lock({id(2)}), t.settle(id(2), aside(2, Wait::dead));
    EXPECT_EQ(t.head("k"), id(2));
  });
  committed([](InboxTx& t) {
    t.lock({id(2)}), t.settle(id(2), {State::discarded});
    EXPECT_EQ(t.head("k"), id(1));
  });
  committed([](InboxTx& t) {
    t.lock({id(2)}), t.settle(id(2), aside(2, Wait::blocked));
    EXPECT_EQ(t.head("k"), id(1));
  });
}

TEST_P(StoreConformance, SettleReplacesWhatIsSetAside) {
  committed([](InboxTx& t) { claim(t, {1}), t.settle(id(1), aside(1, Wait::retry)); });
  Fate fate = aside(1, Wait::dead, false, "other");
  fate.copy = 3;
  fate.deferred->attempts = 6, fate.deferred->reason = "exhausted", fate.deferred->error = "no luck",
  fate.deferred->body = "edited";
  committed([&](InboxTx& t) { t.lock({id(1)}), t.settle(id(1), fate); });
  does(0, [](InboxTx& t) {
    const auto event = t.deferred(id(1)).value();
    EXPECT_EQ(row(t, 1), (InboxRow{State::dead, 3, "hash"}));
    EXPECT_EQ(event.wait, Wait::dead);
    EXPECT_EQ(event.attempts, 6);
    EXPECT_EQ(event.reason + event.error + event.body + event.key, "exhaustedno luckeditedother");
    EXPECT_TRUE(t.blocked({"k", "other"}).empty());
  });
}

TEST_P(StoreConformance, OnlyWhatBlocksItsKeyBlocksIt) {
  committed([](InboxTx& t) {
    claim(t, {1, 2});
    t.settle(id(1), aside(1, Wait::retry)), t.settle(id(2), aside(2, Wait::dead, false, "z"));
    EXPECT_EQ(t.blocked({"k", "z", "none"}), std::set<std::string>{"k"});
  });
  does(1, [](InboxTx& t) { EXPECT_EQ(t.blocked({"k", "z"}), std::set<std::string>{"k"}); });
}

TEST_P(StoreConformance, KeysAreBytes) {
  const std::string zero("a\0b", 3), none("a", 1), wild("\xff'%", 3);
  committed([&](InboxTx& t) {
    claim(t, {1, 2});
    t.settle(id(1), aside(1, Wait::retry, true, zero)), t.settle(id(2), aside(2, Wait::retry, true, wild));
  });
  does(0, [&](InboxTx& t) {
    EXPECT_EQ(t.blocked({zero, none, wild}), (std::set<std::string>{zero, wild}));
    EXPECT_EQ(t.head(zero), id(1));
    EXPECT_EQ(t.deferred(id(2))->key, wild);
  });
}

TEST_P(StoreConformance, DueAreHeadsAndThoseThatBlockNobody) {
  committed([](InboxTx& t) {
    claim(t, {1, 2, 3, 4, 5, 6});
    t.settle(id(1), aside(1, Wait::blocked, true, "a")), t.settle(id(2), aside(2, Wait::blocked, true, "a"));
    t.settle(id(3), aside(3, Wait::retry, true, "b", Millis(50))), t.settle(id(4), aside(4, Wait::blocked, true, "b"));
    t.settle(id(5), aside(5, Wait::retry, false, "b", Millis(5))), t.settle(id(6), aside(6, Wait::dead, false, "a"));
  });
  clients->advance(Millis(10));
  EXPECT_EQ(on(2, [&] { return inbox().due(9); }), due_of({{1, "a"}, {5, "b"}}));
  clients->advance(Millis(40));
  EXPECT_EQ(on(2, [&] { return inbox().due(9); }), due_of({{1, "a"}, {3, "b"}, {5, "b"}}));
  EXPECT_EQ(on(2, [&] { return inbox().due(2); }), due_of({{1, "a"}, {3, "b"}}));
}

TEST_P(StoreConformance, InAPauseTheCulpritIsDueFirstThenThoseThatTellOfIt) {
  const auto retry = [](int n, const std::string& key, const std::string& type) {
    Fate fate = aside(n, Wait::retry, false, key);
    fate.deferred->type = type;
    return fate;
  };
  committed([&](InboxTx& t) {
    claim(t, {1, 2, 3, 4, 5});
    t.settle(id(1), retry(1, "a", "pay")), t.settle(id(2), retry(2, "b", "other")),
        t.settle(id(3), retry(3, "b", "pay"));
    t.settle(id(4), retry(4, "", "pay")), t.settle(id(5), retry(5, "a", "pay"));
  });
  clients->advance(Millis(10));
  const auto first = [&](int limit, const Due& culprit) {
    std::vector<EventId> ids;
    for (const Due& due : on(2, [&] { return inbox().due({limit, culprit}); })) ids.push_back(due.id);
    return ids;
  };
  EXPECT_EQ(first(3, {id(5), "a", "pay"}), (std::vector{id(5), id(3), id(4)}));
  EXPECT_EQ(first(9, {id(5), "a", "pay"}), (std::vector{id(5), id(3), id(4), id(1), id(2)}));
  EXPECT_EQ(first(3, {id(4), "", "pay"}), (std::vector{id(4), id(1), id(3)})) << "one without a key is told of by all";
}

TEST_P(StoreConformance, LockedOnesAreDueAllTheSame) {
  committed([](InboxTx& t) { claim(t, {1}), t.settle(id(1), aside(1, Wait::blocked)); });
  does(1, [](InboxTx& t) { EXPECT_TRUE(t.try_lock(id(1))); });
  EXPECT_EQ(on(2, [&] { return inbox().due(9); }), due_of({{1, "k"}}));
}

TEST_P(StoreConformance, DueAfterAHeadWaitsForItsTurn) {
  committed([](InboxTx& t) {
    claim(t, {1, 2});
    t.settle(id(1), aside(1, Wait::dead)), t.settle(id(2), aside(2, Wait::retry));  // due, but behind a dead one
  });
  EXPECT_TRUE(on(2, [&] { return inbox().due(9); }).empty());
}

// A blocked row whose head goes away is due at the next look, without a signal.
TEST_P(StoreConformance, AFollowerIsDueOnceItsHeadIsGone) {
  const auto follows = [&](const Fate& end) {
    committed([&](InboxTx& t) {
      claim(t, {1, 2});
      t.lock({id(1), id(2)});
      t.settle(id(1), {State::handled}), t.settle(id(2), {State::handled});
      t.settle(id(1), aside(1, Wait::dead)), t.settle(id(2), aside(2, Wait::blocked));
    });
    EXPECT_TRUE(on(2, [&] { return inbox().due(9); }).empty());
    committed([&](InboxTx& t) { t.lock({id(1)}), t.settle(id(1), end); });
    if (features().restarts) restart();
    EXPECT_EQ(on(2, [&] { return inbox().due(9); }), due_of({{2, "k"}}));
  };
  follows({State::discarded});
  follows({State::handled});
  follows(aside(1, Wait::dead, false));  // proceed
}

TEST_P(StoreConformance, DueTimeIsTheStoresNow) {
  committed([](InboxTx& t) { claim(t, {1}), t.settle(id(1), aside(1, Wait::retry, true, "k", Millis(5000))); });
  clients->advance(Millis(2000));
  does(0, [](InboxTx& t) { EXPECT_EQ(t.deferred(id(1))->due_in, Millis(3000)); });
  rolls_back(0);
  clients->advance(Millis(4000));
  does(0, [](InboxTx& t) { EXPECT_EQ(t.deferred(id(1))->due_in, Millis(-1000)); });
}

struct Odd {
  std::string what, type, key, body;
  Headers headers;
};

std::vector<Odd> odd_events() {
  std::string all_bytes;
  for (int c = 0; c < 256; ++c) all_bytes += static_cast<char>(c);
  return {{"empty", "", "", "", {}},
          {"every byte", all_bytes, all_bytes, all_bytes, {{all_bytes, all_bytes}}},
          {"2 MiB", "t", "k", std::string(2 << 20, '\0'), {}},
          {"long type and headers", std::string(300, 't'), "k", "b", {{"h", std::string(20 << 10, '"')}, {"", "x"}}}};
}

// G1: nothing is too odd to be kept for a person to look at, and it costs its neighbours nothing.
TEST_P(StoreConformance, DeadLettersKeepTheirBytes) {
  const auto events = odd_events();
  committed([&](InboxTx& t) {
    claim(t, {100});
    for (int n = 0; n < static_cast<int>(events.size()); ++n) {
      claim(t, {n});
      Fate fate = aside(n, Wait::dead, false);
      const auto& odd = events[static_cast<std::size_t>(n)];
      fate.deferred->type = odd.type, fate.deferred->key = odd.key, fate.deferred->body = odd.body,
      fate.deferred->headers = odd.headers;
      t.settle(id(n), fate);
    }
  });
  does(0, [&](InboxTx& t) {
    EXPECT_EQ(row(t, 100).state, State::handled);
    for (int n = 0; n < static_cast<int>(events.size()); ++n) {
      const auto& odd = events[static_cast<std::size_t>(n)];
      const Deferred kept = t.deferred(id(n)).value();
      EXPECT_EQ(kept.type, odd.type) << odd.what;
      EXPECT_EQ(kept.key, odd.key) << odd.what;
      EXPECT_TRUE(kept.body == odd.body) << odd.what;
      EXPECT_EQ(kept.headers, odd.headers) << odd.what;
    }
  });
  rolls_back(0);
  if (!features().admin) return;
  for (const auto& view : clients->admin()->deferred({}, true))
    EXPECT_TRUE(view.event.body == events[view.event.id.bytes()[15]].body);
}

TEST_P(StoreConformance, EverythingSetAsideComesBackWhole) {
  Fate fate = aside(1, Wait::retry, true, "order 7", Millis(1500));
  fate.deferred->attempts = 2, fate.deferred->reason = "failed", fate.deferred->error = "the gateway said no";
  fate.deferred->origin = "inventory.order-created.q";
  fate.deferred->headers = {{"holdfast-copy", "2"}, {"x", "\xc3\xa4"}};
  fate.deferred->first_failed_at = Timestamp(std::chrono::microseconds(1'755'855'000'123'456));
  committed([&](InboxTx& t) { claim(t, {1}), t.settle(id(1), fate); });
  does(0, [&](InboxTx& t) {
    const Deferred kept = t.deferred(id(1)).value();
    EXPECT_EQ(kept.id, id(1));
    EXPECT_EQ(kept.type + kept.key + kept.body, "order.created.v1order 7body");
    EXPECT_EQ(kept.origin, fate.deferred->origin);
    EXPECT_EQ(kept.headers, fate.deferred->headers);
    EXPECT_EQ(kept.first_failed_at, fate.deferred->first_failed_at);
    EXPECT_EQ(kept.attempts, 2);
    EXPECT_TRUE(kept.blocks_key);
    EXPECT_EQ(kept.due_in, Millis(1500));
    EXPECT_EQ(kept.reason + kept.error, "failedthe gateway said no");
  });
}

TEST_P(StoreConformance, AnActIsRecordedOnceForEachEvent) {
  const OperatorAction act{id(50), "ann", "replay", "--consumer test", "1 replayed"};
  does(0, [&](InboxTx& t) { EXPECT_TRUE(t.record(act, id(1))); });
  rolls_back(0);
  committed([&](InboxTx& t) {
    EXPECT_TRUE(t.record(act, id(1)));
    EXPECT_TRUE(t.record(act, id(2)));
  });
  committed([&](InboxTx& t) {
    EXPECT_FALSE(t.record(act, id(1)));
    EXPECT_TRUE(t.record({id(51), "", "", "", ""}, id(1)));
  });
}

TEST_P(StoreConformance, SqlOfTheHandlerIsInTheSameTransaction) {
  if (!features().sql) GTEST_SKIP();
  committed([](InboxTx& t) { t.transaction().exec("CREATE TABLE effects(n INTEGER)"); });
  does(0, [](InboxTx& t) { claim(t, {1}), t.transaction().exec("INSERT INTO effects VALUES ($1)", 1); });
  rolls_back(0);
  committed([](InboxTx& t) { claim(t, {2}), t.transaction().exec("INSERT INTO effects VALUES ($1)", 2); });
  does(0, [](InboxTx& t) {
    EXPECT_EQ(t.transaction().query<int>("SELECT n FROM effects").one(), 2);
    EXPECT_EQ(t.look({id(1), id(2)}).size(), 1u);
  });
}

TEST_P(StoreConformance, AnInstanceThatDidNotEndSaysSo) {
  EXPECT_TRUE(opens("a"));
  EXPECT_FALSE(opens("a"));
  clients->run(0, [&] { inbox().close_instance(); });
  EXPECT_TRUE(opens("a"));
  EXPECT_TRUE(opens("b"));
  EXPECT_FALSE(opens("b"));
}

}  // namespace
}  // namespace conformance
