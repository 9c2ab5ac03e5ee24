// G1: the DLQ import and an operator's acts.
#include "inbox/replay_run.hpp"
#include "tests/unit/inbox/desk.hpp"

namespace holdfast::inbox::test {

class G1_Import : public Desk {
 protected:
  G1_Import() {
    policy.ordering = Ordering::none;
    policy.retry.via = RetryVia::broker;
    policy.wait_queue = [](Millis) { return "wait"; };
  }
  Counts import(const Delivery& d) { return consumer().import_dead_letter(d).counts; }
  void reject(const std::string& name) {
    behaves[name] = [](Call&) { throw Reject("no"); };
    deliver(delivery(name));
  }
};

TEST_F(G1_Import, WhatTheBrokerDeadLetteredItselfIsTakenIn) {
  EXPECT_EQ(import(delivery("a")), Counts{.dead = 1});
  EXPECT_EQ(row("a")->state, State::dead);
  EXPECT_EQ(row("a")->copy, 1);
  EXPECT_EQ(deferred("a")->reason, "broker");
  EXPECT_FALSE(deferred("a")->blocks_key);
  EXPECT_TRUE(outbox().empty()) << "it came from there";
  EXPECT_EQ(import(delivery("a")), Counts{.dropped = 1});
}

TEST_F(G1_Import, ARetryCopyThatTheBrokerDeadLetteredIsTakenIn) {
  fails("a", 1);
  deliver(delivery("a"));
  EXPECT_EQ(import(delivery("a")), Counts{.dropped = 1}) << "the original is stale";
  EXPECT_EQ(import(copy(delivery("a"), 1)), Counts{.dead = 1});
  EXPECT_EQ(row("a")->copy, 2);
}

TEST_F(G1_Import, CopiesOfWhatTheDatabaseKnowsAreDropped) {
  reject("a");
  EXPECT_EQ(import(copy(delivery("a"), 1)), Counts{.dropped = 1});
  deliver(delivery("b"));
  EXPECT_EQ(import(delivery("b")), Counts{.dropped = 1});
  EXPECT_EQ(state("b"), State::handled);
}

TEST_F(G1_Import, AnotherBodyUnderAUsedIdIsTakenInUnderItsHash) {
  deliver(delivery("a"));
  Delivery other = delivery("b");
  other.body.replace(other.body.find(id_of("b").to_string()), 32, id_of("a").to_string());
  EXPECT_EQ(import(other), Counts{.dead = 1});
  EXPECT_EQ(state("a"), State::handled);
  EXPECT_EQ(row(EventId::of_body(other.body))->state, State::dead);
}

TEST_F(G1_Import, WhatIsTooOldIsDroppedIfItIsOursElseDead) {
  sql("INSERT INTO holdfast_inbox_horizon(consumer, pruned_before) VALUES ('inventory', 1755000000000000)");
  const auto old = [&](const std::string& name, int number) {
    return copy(dated(delivery(name), "2025-08-01T00:00:00Z"), number, 0);
  };
  EXPECT_EQ(import(old("a", 2)), Counts{.dropped = 1});
  EXPECT_FALSE(row(id_of("a"))) << "a row would say that the event was handled; a restored database may still need it";
  EXPECT_EQ(import(old("b", 0)), Counts{.dead = 1});
  EXPECT_EQ(deferred("b")->reason, "too_old");
}

TEST_F(G1_Import, GarbageIsTakenInToo) {
  Delivery garbage;
  garbage.body = "garbage";
  EXPECT_EQ(import(garbage), Counts{.dead = 1});
  EXPECT_EQ(inbox->begin()->deferred(EventId::of_body("garbage"))->reason, "invalid");
}

// ---- acts

class G1_Acts : public Desk {
 protected:
  G1_Acts() {
    behaves["a"] = [](Call&) { throw Reject("no"); };
    deliver(delivery("a"), delivery("b"));
    behaves.clear();
  }
  Acts acts{faulty, &handlers};
};

TEST_F(G1_Acts, AReplayedDeadLetterRunsAtItsPlace) {
  EXPECT_EQ(acts.replay(id_of("a"), action()), Acted::done);
  EXPECT_EQ(state("a"), State::deferred);
  EXPECT_EQ(deferred("a")->attempts, 0);
  run_due();
  EXPECT_EQ(effects(), names({"a", "b"}));
}

TEST_F(G1_Acts, AReplayCanBeSetForLater) {
  acts.replay(id_of("a"), action(), seconds(10));
  run_due();
  EXPECT_TRUE(effects().empty());
  clock.advance(seconds(10));
  run_due();
  EXPECT_EQ(effects(), names({"a", "b"}));
}

/// Its row was never forgotten, so it is no duplicate, however old it is: by an act, and by a shovel from the DLQ.
TEST_F(G1_Acts, ADeadLetterOfWeeksAgoIsHandledNotTooOld) {
  const auto at = [&](const std::string& name, const char* time) { return dated(delivery(name, name), time); };
  for (const char* name : {"x", "y"}) {
    behaves[name] = [](Call&) { throw Reject("no"); };
    deliver(at(name, "2025-08-22T09:00:00Z"));
    behaves.clear();
  }
  deliver(at("younger", "2025-08-22T09:30:00Z"));
  weeks_pass();
  ASSERT_FALSE(row("younger"));
  EXPECT_EQ(acts.replay(id_of("x"), action()), Acted::done);
  run_due();
  EXPECT_EQ(deliver(copy(at("y", "2025-08-22T09:00:00Z"), row("y")->copy)).counts,
            (Counts{.handled = 1, .out_of_turn = 1}));
  EXPECT_EQ(state("x"), State::handled);
  EXPECT_EQ(state("y"), State::handled);
  EXPECT_EQ(effects(), names({"younger", "x", "y"}));
}

TEST_F(G1_Acts, TakenBackIsDeadAgainAndItsOldCopiesAreStale) {
  const int before = row("a")->copy;
  EXPECT_EQ(acts.take_back(id_of("a"), action("1")), Acted::not_in_state);
  acts.replay(id_of("a"), action("2"), seconds(10));
  EXPECT_EQ(acts.take_back(id_of("a"), action("3")), Acted::done);
  EXPECT_EQ(state("a"), State::dead);
  EXPECT_EQ(deferred("a")->wait, Wait::dead);
  EXPECT_EQ(row("a")->copy, before + 1);
  acts.replay(id_of("a"), action("4"));
  EXPECT_EQ(acts.take_back(id_of("a"), action("5")), Acted::not_in_state) << "it is due";
}

TEST_F(G1_Acts, DiscardedIsSettledAndItsKeyGoesOn) {
  EXPECT_EQ(acts.discard(id_of("a"), action()), Acted::done);
  EXPECT_EQ(state("a"), State::discarded);
  run_due();
  EXPECT_EQ(effects(), names({"b"}));
  EXPECT_EQ(acts.discard(id_of("b"), action("2")), Acted::not_there);
  EXPECT_EQ(state("b"), State::handled);
  EXPECT_EQ(deliver(delivery("a")).counts, Counts{.duplicates = 1});
}

TEST_F(G1_Acts, WhatWaitsBehindAnotherIsNotReplayed) {
  EXPECT_EQ(acts.replay(id_of("b"), action()), Acted::not_in_state);
}

TEST_F(G1_Acts, ARerunAfterACommitInDoubtReportsDone) {
  bool doubt = true;
  int settles = 0;
  faulty.before = [&](const std::string& call) {
    settles += call == "settle";
    if (call == "committed" && std::exchange(doubt, false)) throw InDoubt("the answer was lost");
  };
  EXPECT_EQ(acts.replay(id_of("a"), action()), Acted::done);
  EXPECT_EQ(settles, 1);
}

TEST_F(G1_Acts, AnEventThatRunsJustNowIsReported) {
  faulty.rows_locked = true;
  EXPECT_EQ(acts.discard(id_of("a"), action()), Acted::running);
  EXPECT_EQ(acts.discard(id_of("nobody"), action()), Acted::not_there);
  EXPECT_EQ(state("a"), State::dead);
}

TEST_F(G1_Acts, AnEditedBodyReplacesItIfItIsStillThisEvent) {
  const std::string body = deferred("a")->body;
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string edited = body;
    return edited.replace(edited.find(from), from.size(), to);
  };
  EXPECT_THROW(acts.replay(id_of("a"), action("1"), {}, "no json"), Invalid);
  EXPECT_THROW(acts.replay(id_of("a"), action("2"), {}, changed(id_of("a").to_string(), id_of("b").to_string())),
               Invalid);
  EXPECT_EQ(state("a"), State::dead);
  EXPECT_EQ(acts.replay(id_of("a"), action("3"), {}, changed("\"name\":\"a\"", "\"name\":\"A\"")), Acted::done);
  run_due();
  EXPECT_EQ(effects(), names({"A", "b"}));
}

TEST_F(G1_Acts, AnEditedBodyMustKeepItsContractAndItsKey) {
  Handlers strict;
  Handler handler{"thing.v1", Form::single, {}};
  handler.check = [](std::string_view payload) {
    if (payload.find("bad") != payload.npos) throw Invalid("/name", "is bad");
  };
  handler.key_of = [](std::string_view payload) { return payload.find("moved") != payload.npos ? "k2" : "k"; };
  strict.add(handler);
  Acts strictly(*inbox, &strict);
  const std::string body = deferred("a")->body;
  const auto named = [&](const std::string& name) {
    std::string edited = body;
    return edited.replace(edited.find("\"a\""), 3, "\"" + name + "\"");
  };
  EXPECT_THROW(strictly.replay(id_of("a"), action("1"), {}, named("bad")), Invalid);
  EXPECT_THROW(strictly.replay(id_of("a"), action("2"), {}, named("moved")), Invalid);
  EXPECT_EQ(strictly.replay(id_of("a"), action("3"), {}, named("good")), Acted::done);
}

/// By now the copy numbers of the two would agree: a shovel from the DLQ would run one event as the other.
TEST_F(G1_Acts, AReplayedEventWhoseIdBelongsToAnotherIsNoCopyOfThatOne) {
  policy.ordering = Ordering::none;
  restart();
  Delivery other = delivery("x");
  other.body.replace(other.body.find(id_of("x").to_string()), 32, id_of("a").to_string());
  other.message_id = id_of("a").to_string();
  const EventId hash = EventId::of_body(other.body);
  std::string edited = other.body;
  edited.replace(edited.find("\"x\""), 3, "\"y\"");
  using Edited = std::optional<std::string>;
  for (const auto& [name, body] : {std::pair("x", Edited()), std::pair("y", Edited(edited))}) {
    behaves[name] = [](Call&) { throw Reject("no"); };
    deliver(other);
    ASSERT_EQ(row(hash)->state, State::dead);
    EXPECT_EQ(acts.replay(hash, action(name), {}, body), Acted::out_of_turn);
    consumer().run_deferred({hash, "k"});
    ASSERT_EQ(row(hash)->state, State::dead);
    const OutgoingEvent dead_letter = outbox().back();
    EXPECT_EQ(dead_letter.headers.at(header_reason), "rejected");
    EXPECT_FALSE(dead_letter.headers.contains(header_copy)) << name;
  }
}

TEST_F(G1_Acts, OneThatBlocksNoKeyIsCountedAsAnException) {
  policy.after_dead = AfterDead::proceed;
  restart();
  behaves["x"] = [](Call&) { throw Reject("no"); };
  deliver(delivery("x", "2"), delivery("y", "2"));
  behaves.clear();
  EXPECT_EQ(acts.replay(id_of("x"), action()), Acted::out_of_turn);
  EXPECT_EQ(consumer().run_deferred({id_of("x"), "2"}).counts, (Counts{.handled = 1, .out_of_turn = 1}));
}

TEST(ReplayRun, SendsACanaryFirstThenTheRestAtItsRate) {
  std::vector<EventId> ids;
  for (const char* name : {"a", "b", "c", "d"}) ids.push_back(id_of(name));
  const ReplayRun run(ids, {.canary = 1, .per_second = 2});
  EXPECT_TRUE(run.has_canary());
  EXPECT_EQ(run.canary(), (std::vector{ids[0]}));
  EXPECT_EQ(run.rest(),
            (std::vector<ReplayRun::One>{{ids[1], Millis(0)}, {ids[2], Millis(500)}, {ids[3], Millis(1000)}}));
  EXPECT_FALSE(ReplayRun({ids[0]}, {.canary = 1}).has_canary()) << "one alone is its own canary";
  EXPECT_EQ(ReplayRun({ids[0]}, {.canary = 1}).rest().size(), 1u);
}

}  // namespace holdfast::inbox::test
