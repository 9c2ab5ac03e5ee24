// G3: a consumer's committed effects happen once for each event, however often it is delivered.
#include "tests/unit/inbox/desk.hpp"

namespace holdfast::inbox::test {

class G3_OneEffect : public Desk {};

TEST_F(G3_OneEffect, ABatchIsOneTransactionInDeliveryOrder) {
  int commits = 0;
  faulty.before = [&](const std::string& call) { commits += call == "commit"; };
  const Report report = deliver(delivery("c", "1"), delivery("a", "2"), delivery("b", "1"));
  EXPECT_EQ(effects(), names({"c", "a", "b"}));
  EXPECT_EQ(report.settled, 3u);
  EXPECT_EQ(report.counts, Counts{.handled = 3});
  EXPECT_EQ(commits, 1);
  EXPECT_EQ(state("a"), State::handled);
}

TEST_F(G3_OneEffect, ADuplicateIsAcknowledgedAndNotRun) {
  deliver(delivery("a"));
  const Report report = deliver(delivery("a"), delivery("b"));
  EXPECT_EQ(effects(), names({"a", "b"}));
  EXPECT_EQ(report.settled, 2u);
  EXPECT_EQ(report.counts, (Counts{.handled = 1, .duplicates = 1}));
}

TEST_F(G3_OneEffect, ASecondDeliveryInABatchIsJudgedAfterTheFirst) {
  const Report report = deliver(delivery("a"), delivery("a"));
  EXPECT_EQ(effects(), names({"a"}));
  EXPECT_EQ(report.counts, (Counts{.handled = 1, .duplicates = 1}));
}

TEST_F(G3_OneEffect, AStaleCopyBeforeTheValidOneDoesNotHideIt) {
  policy.ordering = Ordering::none;
  policy.retry.via = RetryVia::broker;
  policy.wait_queue = [](Millis) { return "wait"; };
  fails("a", 2);
  deliver(delivery("a"));
  deliver(copy(delivery("a"), 1));
  ASSERT_EQ(row("a"), (InboxRow{State::retrying, 2, row("a")->body_hash}));
  const Report report = deliver(copy(delivery("a"), 1), copy(delivery("a"), 2, 2));
  EXPECT_EQ(report.counts, (Counts{.handled = 1, .duplicates = 1}));
  EXPECT_EQ(effects(), names({"a"}));
}

TEST_F(G3_OneEffect, ACommitInDoubtIsAskedOfTheInbox) {
  bool doubt = true;
  faulty.before = [&](const std::string& call) {
    if (call == "committed" && std::exchange(doubt, false)) throw InDoubt("the answer was lost");
  };
  const Report report = deliver(delivery("a"));
  EXPECT_EQ(effects(), names({"a"}));
  EXPECT_EQ(report.counts, Counts{.duplicates = 1});
  EXPECT_EQ(report.end, End::done);
}

TEST_F(G3_OneEffect, AnotherEventUnderAUsedIdIsDeadUnderTheHashOfItsBody) {
  deliver(delivery("a"));
  Delivery other = delivery("b");
  other.body.replace(other.body.find(id_of("b").to_string()), 32, id_of("a").to_string());
  other.message_id = id_of("a").to_string();
  const Report report = deliver(other, delivery("c"));
  EXPECT_EQ(report.counts, (Counts{.handled = 1, .dead = 1}));
  EXPECT_EQ(report.setbacks.at(0).reason, "id_reused");
  EXPECT_EQ(state("a"), State::handled);
  EXPECT_EQ(effects(), names({"a", "c"}));
  const EventId renamed = EventId::of_body(other.body);
  EXPECT_EQ(row(renamed)->state, State::dead);
  EXPECT_FALSE(inbox->begin()->deferred(renamed)->blocks_key);
  ASSERT_EQ(outbox().size(), 1u);
  EXPECT_FALSE(outbox()[0].headers.contains(header_copy)) << "a shovel must not run it";
  EXPECT_EQ(deliver(other).counts, Counts{.duplicates = 1});
}

TEST_F(G3_OneEffect, WhatIsTooOldToBeToldFromADuplicateIsADeadLetter) {
  sql("INSERT INTO holdfast_inbox_horizon(consumer, pruned_before) VALUES ('inventory', 1755000000000000)");  // 2025-08-12
  const auto at = [&](const std::string& name, const std::string& time, int number = 0) {
    return copy(dated(delivery(name), time), number, 0);
  };
  const Report report =
      deliver(at("old", "2025-08-01T00:00:00Z"), at("new", "2025-08-13T00:00:00Z"), delivery("timeless"));
  EXPECT_EQ(effects(), names({"new", "timeless"}));
  EXPECT_EQ(report.counts, (Counts{.handled = 2, .dead = 1}));
  EXPECT_EQ(deferred("old")->reason, "too_old");
  EXPECT_FALSE(deferred("old")->blocks_key);
  EXPECT_FALSE(outbox().at(0).headers.contains(header_copy));
  EXPECT_EQ(deliver(at("ours", "2025-08-01T00:00:00Z", 2)).counts, Counts{.duplicates = 1})
      << "it had a row and was settled";
  EXPECT_FALSE(row(id_of("ours"))) << "and gets no new one";
  EXPECT_EQ(deliver(at("both", "2025-08-01T00:00:00Z", 2), at("both", "2025-08-13T00:00:00Z", 2)).counts,
            (Counts{.handled = 1, .duplicates = 1}));
  EXPECT_EQ(state("both"), State::handled) << "the one that ran keeps its row";
}

// The date that examples and tests bear: old, whenever they run.
TEST_F(G3_OneEffect, AnOldDateRunsOnAFreshDatabaseHoweverLate) {
  clock.advance(hours(24 * 500));
  const Delivery sample = dated(delivery("sample"), "2025-08-22T09:30:00Z");
  EXPECT_EQ(deliver(sample).counts, Counts{.handled = 1});
  EXPECT_EQ(deliver(sample).counts, Counts{.duplicates = 1});
  EXPECT_EQ(effects(), names({"sample"}));
}

TEST_F(G3_OneEffect, AnOldDateIsTooOldOnceSomethingYoungerWasForgotten) {
  const Delivery sample = dated(delivery("sample"), "2025-08-22T09:30:00Z");
  deliver(dated(delivery("younger"), "2025-08-22T09:30:01Z"));
  weeks_pass();
  ASSERT_FALSE(row("younger"));
  EXPECT_EQ(deliver(sample).counts, Counts{.dead = 1});
  ASSERT_TRUE(deferred("sample"));
  EXPECT_EQ(deferred("sample")->reason, "too_old");
  EXPECT_EQ(deliver(sample).counts, Counts{.duplicates = 1});
  EXPECT_EQ(effects(), names({"younger"}));
}

TEST_F(G3_OneEffect, AnEventPrunedBetweenClaimAndLockIsClaimedAgain) {
  deliver(delivery("a"));
  bool once = true;
  faulty.before = [&](const std::string& call) {
    if (call == "lock" && std::exchange(once, false)) throw Transient("undone");
  };
  EXPECT_EQ(deliver(delivery("a")).counts, Counts{.duplicates = 1});
  EXPECT_FALSE(once);
}

// ---- the forms of handlers

TEST_F(G3_OneEffect, NeighboursOfOneTypeGoToABulkHandlerTogether) {
  handle("bulk.v1", Form::bulk);
  deliver(delivery("a", "1", "bulk.v1"), delivery("b", "2", "bulk.v1"), delivery("c", "1"),
          delivery("d", "1", "bulk.v1"));
  EXPECT_EQ(effects(), names({"a", "b", "c", "d"}));
  EXPECT_EQ(runs_in_one, (std::vector{2, 1, 1}));
}

TEST_F(G3_OneEffect, WithBatchOneTheTransactionOpensAtTheFirstUse) {
  policy.batch = 1;
  early["a"] = [&](Call&) { EXPECT_FALSE(row("a")) << "claimed before the handler asked"; };
  EXPECT_EQ(deliver(delivery("a"), delivery("b")).counts, Counts{.handled = 2});
  EXPECT_EQ(effects(), names({"a", "b"}));
}

TEST_F(G3_OneEffect, WithBatchOneAHandlerThatNeverAsksIsSettledAfterIt) {
  policy.batch = 1;
  no_tx = true;
  EXPECT_EQ(deliver(delivery("a")).counts, Counts{.handled = 1});
  EXPECT_EQ(state("a"), State::handled);
  EXPECT_EQ(deliver(delivery("a")).counts, Counts{.duplicates = 1});
  EXPECT_EQ(ran, names({"a"})) << "a duplicate must not call outside again";
}

TEST_F(G3_OneEffect, WithBatchOneARivalThatSettledItMeanwhileEndsTheRun) {
  policy.batch = 1;
  early["a"] = [&](Call&) {
    early.clear();
    Consumer rival(Surroundings{*inbox, clock, handlers, policy, [] { return 0.0; }});
    const std::vector<Arrival> batch{rival.arrive(delivery("a"))};
    EXPECT_EQ(rival.run_batch(batch).counts, Counts{.handled = 1});
  };
  const Report report = deliver(delivery("a"));
  EXPECT_EQ(report.counts, Counts{.duplicates = 1});
  EXPECT_EQ(report.settled, 1u);
  EXPECT_EQ(effects(), names({"a"}));
}

class G3_OwnTransaction : public Desk {
 protected:
  G3_OwnTransaction() {
    handlers.add(Handler{"own.v1", Form::own, [this](Call& call, std::span<const Envelope> events) {
                           const std::string name = name_in(events.front().payload);
                           ran.push_back(name);
                           {
                             auto tx = store.begin();
                             open = &tx;
                             claimed = call.claim(tx);
                             if (!claimed) return;
                             tx.exec("INSERT INTO effects(name) VALUES ($1)", name);
                             if (commits) tx.commit();
                           }
                           if (meanwhile) std::exchange(meanwhile, {})();
                         }});
  }
  Delivery own(const std::string& name) { return delivery(name, "k", "own.v1"); }
  bool commits = true, claimed = false;
  Transaction* open = nullptr;  // the handler's
  std::function<void()> meanwhile;
};

TEST_F(G3_OwnTransaction, IsAcknowledgedOnceItsRowIsSeen) {
  EXPECT_EQ(deliver(own("a")).counts, Counts{.handled = 1});
  EXPECT_TRUE(claimed);
  EXPECT_EQ(state("a"), State::handled);
  EXPECT_EQ(deliver(own("a")).counts, Counts{.duplicates = 1});
  EXPECT_EQ(ran, names({"a"}));
}

TEST_F(G3_OwnTransaction, ThatNeverCommitsIsAFailure) {
  commits = false;
  EXPECT_EQ(deliver(own("a")).counts, Counts{.deferred = 1});
  EXPECT_TRUE(effects().empty());
  commits = true;
  clock.advance(seconds(2));
  run_due();
  EXPECT_EQ(effects(), names({"a"}));
  EXPECT_EQ(state("a"), State::handled);
}

TEST_F(G3_OwnTransaction, IsNotTakenForHandledBecauseAnotherEventHasItsId) {
  commits = false;
  Delivery other = own("a");
  other.body.insert(other.body.rfind("\"}"), "!");
  meanwhile = [&] {
    commits = true;
    Consumer rival({*inbox, clock, handlers, policy, [] { return 0.5; }});
    const Arrival batch[] = {rival.arrive(other)};
    EXPECT_EQ(rival.run_batch(batch).counts, Counts{.handled = 1});
  };
  EXPECT_EQ(deliver(own("a")).counts, Counts{.dead = 1}) << "id_reused: known, not lost";
}

TEST_F(G3_OwnTransaction, ARetryCopyThatIsNotCommittedIsNotTakenForHandled) {
  policy.ordering = Ordering::none;
  policy.retry.via = RetryVia::broker;
  policy.wait_queue = [](Millis) { return "wait"; };
  commits = false;
  EXPECT_EQ(deliver(own("a")).counts, Counts{.retrying = 1});
  EXPECT_EQ(deliver(copy(own("a"), 1)).counts, Counts{.retrying = 1}) << "its row is there, in state retrying";
  commits = true;
  EXPECT_EQ(deliver(copy(own("a"), 2, 2)).counts, Counts{.handled = 1});
  EXPECT_EQ(effects(), names({"a"}));
}

TEST_F(G3_OwnTransaction, WhoseKeyIsBlockedBetweenLookAndClaimWaitsBehindIt) {
  const auto set_first_aside = [](InboxTx& tx) {
    Fate fate{State::deferred, 0, Deferred{}};
    fate.deferred->id = id_of("first"), fate.deferred->key = "k", fate.deferred->blocks_key = true;
    fate.deferred->due_in = hours(1);
    const Claim claim[] = {{id_of("first"), {}, "hash"}};
    tx.claim(claim), tx.settle(id_of("first"), fate);
  };
  int rivals = 0;
  faulty.before = [&](const std::string& call) {
    if (call == "claim" && rivals == 0)
      ++rivals, set_first_aside(*inbox->join(*open));  // as a rival's commit is seen there
    if (call != "begin" || rivals != 1) return;
    const auto rival = inbox->begin();  // the handler's transaction is gone, and this with it
    ++rivals, set_first_aside(*rival), rival->commit();
  };
  EXPECT_EQ(deliver(own("a")).counts, Counts{.behind = 1});
  EXPECT_EQ(ran, names({"a"}));
  EXPECT_TRUE(effects().empty());
  EXPECT_EQ(deferred("a")->wait, Wait::blocked);
  EXPECT_EQ(deferred("a")->attempts, 0);
}

TEST_F(G3_OwnTransaction, BehindABlockedKeyIsSetAsideWithoutTheHandler) {
  fails("first");
  deliver(delivery("first"));
  EXPECT_EQ(deliver(own("a")).counts, Counts{.behind = 1});
  EXPECT_TRUE(effects().empty());
  EXPECT_EQ(deferred("a")->wait, Wait::blocked);
}

}  // namespace holdfast::inbox::test
