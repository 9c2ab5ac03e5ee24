// G5: a poison event stops nobody else. G6: what is not the event's fault uses up no attempts.
#include "holdfast/contract.hpp"
#include "tests/unit/inbox/desk.hpp"

namespace holdfast::inbox::test {

class G5_Isolation : public Desk {};
class G6_Patience : public Desk {};

TEST_F(G5_Isolation, ABadEventInABatchCostsOnlyItself) {
  fails("b");
  const Report report = deliver(delivery("a", "1"), delivery("b", "2"), delivery("c", "3"));
  EXPECT_EQ(effects(), names({"a", "c"}));
  EXPECT_EQ(report.settled, 3u);
  EXPECT_EQ(report.counts, (Counts{.handled = 2, .deferred = 1}));
  EXPECT_EQ(report.setbacks.at(0).error, "does not work");
  EXPECT_EQ(report.setbacks.at(0).retry_in, milliseconds(1050)) << "lengthened by half of 10 %";
}

/// A bulk handler is given its neighbours at once, and throws for all of them.
TEST_F(G5_Isolation, ABadEventCostsOnlyItselfWhereverABulkHandlerMeetsIt) {
  handle("bulk.v1", Form::bulk);
  int batch = 0;
  for (const std::string bad : {"a", "c", "e"}) {
    ++batch;
    const auto one = [&](const std::string& name) {
      const std::string its = name + std::to_string(batch);
      if (name == bad) fails(its);
      return delivery(its, its, "bulk.v1");
    };
    const Report report = deliver(one("a"), one("b"), one("c"), one("d"), one("e"));
    EXPECT_EQ(report.counts, (Counts{.handled = 4, .deferred = 1})) << bad;
    EXPECT_EQ(report.settled, 5u);
    EXPECT_EQ(deferred(bad + std::to_string(batch))->attempts, 1);
  }
  EXPECT_EQ(effects().size(), 12u);
}

TEST_F(G5_Isolation, RetriesFollowThePolicyAndEndInADeadLetter) {
  fails("a");
  deliver(delivery("a"));
  for (const int delay : {1'000, 5'000, 30'000, 120'000, 600'000}) {
    const auto waiting = deferred("a");
    EXPECT_EQ(waiting->due_in, milliseconds(delay + delay / 20));
    clock.advance(waiting->due_in - milliseconds(1));
    EXPECT_TRUE(inbox->due(10).empty()) << "never shortened";
    clock.advance(milliseconds(1));
    run_due();
  }
  EXPECT_EQ(state("a"), State::dead);
  EXPECT_EQ(row("a")->copy, 1);
  EXPECT_EQ(deferred("a")->reason, "exhausted");
  EXPECT_EQ(deferred("a")->attempts, 6);
  EXPECT_EQ(ran.size(), 6u);
}

TEST_F(G5_Isolation, RejectAndInvalidAreDeadAtOnce) {
  behaves["a"] = [](Call&) { throw Reject("no such product"); };
  behaves["b"] = [](Call&) { throw detail::BrokenContract(Invalid("/payload/qty", "is negative")); };
  EXPECT_EQ(deliver(delivery("a", "1"), delivery("b", "2"), delivery("c", "3")).counts,
            (Counts{.handled = 1, .dead = 2}));
  EXPECT_EQ(deferred("a")->reason, "rejected");
  EXPECT_EQ(deferred("a")->error, "no such product");
  EXPECT_EQ(deferred("b")->reason, "invalid");
  EXPECT_EQ(deferred("b")->error, "/payload/qty: is negative");
}

TEST_F(G5_Isolation, AnOldPayloadThatCannotBeUpcastIsInvalid) {
  handlers.add(Upcaster{"thing.v0", "thing.v1", [](std::string_view) -> std::string {
                          throw detail::BrokenContract(Invalid("/payload/name", "is missing"));
                        }});
  EXPECT_EQ(deliver(delivery("a", "k", "thing.v0")).counts, Counts{.dead = 1});
  EXPECT_EQ(deferred("a")->reason, "invalid");
}

TEST_F(G5_Isolation, AnInvalidOfTheHandlersOwnIsAFailureLikeAnyOther) {
  behaves["a"] = [](Call&) { throw Invalid("/colour", "of something else"); };
  EXPECT_EQ(deliver(delivery("a")).counts, Counts{.deferred = 1});
  EXPECT_EQ(deferred("a")->reason, "failed");
}

TEST_F(G5_Isolation, ForeignBytesAreADeadLetterByteForByte) {
  Delivery garbage;
  garbage.session = 1;
  garbage.body = std::string("\0\xff not json", 11);
  garbage.headers = {{"x", "\xff"}};
  const EventId id = EventId::of_body(garbage.body);
  EXPECT_EQ(deliver(delivery("a"), garbage, delivery("b")).counts, (Counts{.handled = 2, .dead = 1}));
  const auto letter = inbox->begin()->deferred(id).value();
  EXPECT_EQ(letter.body, garbage.body);
  EXPECT_EQ(letter.reason, "invalid");
  EXPECT_FALSE(letter.blocks_key) << "its key cannot be read: it blocks nobody";
  EXPECT_TRUE(outbox().empty()) << "what the outbox cannot take stays in deferred alone";
}

TEST_F(G5_Isolation, ABodyThatIsNoEventBlocksTheKeyThatItsHeaderNames) {
  Delivery bad = delivery("a");
  bad.body = "{\"eventId\":\"" + id_of("a").to_string() + "\",\"eventType\":\"thing.v1\"}";
  bad.message_id = "not an id";
  EXPECT_EQ(deliver(bad, delivery("b")).counts, (Counts{.behind = 1, .dead = 1}));
  EXPECT_EQ(state("a"), State::dead) << "its id can be read";
  EXPECT_NE(deferred("a")->error.find("/payload"), std::string::npos) << deferred("a")->error;
}

TEST_F(G5_Isolation, ATypeWithoutHandlerIsRetriedThenDead) {
  policy.retry.delays = {seconds(1)};
  deliver(delivery("a", "k", "unknown.v1"));
  EXPECT_EQ(deferred("a")->wait, Wait::retry);
  EXPECT_EQ(deferred("a")->reason, "no_handler");
  clock.advance(seconds(2));
  run_due();
  EXPECT_EQ(state("a"), State::dead);
  EXPECT_EQ(deferred("a")->reason, "no_handler");
}

TEST_F(G5_Isolation, ADeadLetterThatBlocksNobodyHasACopyForTheBrokersTools) {
  policy.ordering = Ordering::none;
  behaves["a"] = [](Call&) { throw Reject("bad \xff byte"); };
  const Delivery d = delivery("a");
  deliver(d);
  ASSERT_EQ(outbox().size(), 1u);
  const OutgoingEvent out = outbox()[0];
  EXPECT_EQ(out.destination, "inventory.dlq");
  EXPECT_EQ(out.key, std::nullopt);
  EXPECT_EQ(out.envelope, d.body);
  EXPECT_EQ(out.headers.at(header_copy), "1");
  EXPECT_EQ(out.headers.at(header_attempt), "1");
  EXPECT_EQ(out.headers.at(header_reason), "rejected");
  EXPECT_EQ(out.headers.at(header_origin), "inventory.q");
  EXPECT_EQ(out.headers.at(header_key), "k");
  EXPECT_EQ(out.headers.at("x-own"), "kept");
}

TEST_F(G5_Isolation, WithBlockADeadLetterStaysAtItsPlaceAlone) {
  behaves["a"] = [](Call&) { throw Reject("no"); };
  deliver(delivery("a"));
  EXPECT_TRUE(deferred("a")->blocks_key);
  EXPECT_TRUE(outbox().empty());
}

// ---- retry via broker

class G5_RetryViaBroker : public Desk {
 protected:
  G5_RetryViaBroker() {
    policy.ordering = Ordering::none;
    policy.retry.via = RetryVia::broker;
    policy.wait_queue = [](Millis delay) { return "retry." + std::to_string(delay.count()); };
  }
};

TEST_F(G5_RetryViaBroker, ACopyWaitsAtTheBroker) {
  fails("a", 2);
  const auto first = deliver(delivery("a"));
  EXPECT_EQ(first.counts, Counts{.retrying = 1});
  ASSERT_EQ(first.setbacks.size(), 1u);
  EXPECT_EQ(first.setbacks[0].retry_in, Millis(1'000)) << "what the log says";
  EXPECT_EQ(state("a"), State::retrying);
  EXPECT_FALSE(deferred("a"));
  ASSERT_EQ(outbox().size(), 1u);
  EXPECT_EQ(outbox()[0].destination, "retry.1000");
  EXPECT_EQ(outbox()[0].headers.at(header_copy), "1");
  EXPECT_EQ(outbox()[0].headers.at(header_attempt), "1");
  EXPECT_EQ(deliver(delivery("a")).counts, Counts{.duplicates = 1}) << "the original is stale";
  EXPECT_EQ(deliver(copy(delivery("a"), 1)).counts, Counts{.retrying = 1});
  EXPECT_EQ(outbox()[1].destination, "retry.5000");
  EXPECT_EQ(deliver(copy(delivery("a"), 2, 2)).counts, Counts{.handled = 1});
}

TEST_F(G5_RetryViaBroker, WhatTheOutboxCannotTakeIsDeferred) {
  policy.limits.envelope = 20;
  fails("a", 1);
  EXPECT_EQ(deliver(delivery("a")).counts, Counts{.deferred = 1});
  EXPECT_FALSE(deferred("a")->blocks_key);
  clock.advance(seconds(2));
  run_due();
  EXPECT_EQ(effects(), names({"a"}));
}

TEST_F(G5_RetryViaBroker, AShovelledCopyThatFailsReplacesItsDeferredRow) {
  behaves["a"] = [](Call&) { throw Reject("no"); };
  deliver(delivery("a"));
  fails("a", 1);
  EXPECT_EQ(deliver(copy(delivery("a"), 1)).counts, Counts{.retrying = 1}) << "the copy number matches";
  EXPECT_FALSE(deferred("a"));
  EXPECT_EQ(row("a")->copy, 2);
}

// ---- G6

TEST_F(G6_Patience, ATransactionThatIsUndoneRunsAgainUncounted) {
  int undone = 3;
  behaves["b"] = [&](Call&) {
    if (undone-- > 0) throw Transient("deadlock");
  };
  EXPECT_EQ(deliver(delivery("a"), delivery("b"), delivery("c")).counts, Counts{.handled = 3});
  EXPECT_EQ(effects(), names({"a", "b", "c"}));
}

TEST_F(G6_Patience, ACommitInDoubtThatDidNotHappenRunsAgainUncounted) {
  bool doubt = true;
  faulty.before = [&](const std::string& call) {
    if (call == "commit" && std::exchange(doubt, false)) throw InDoubt("the answer was lost");
  };
  EXPECT_EQ(deliver(delivery("a")).counts, Counts{.handled = 1});
}

TEST_F(G6_Patience, ATransactionThatIsUndoneForEverIsAStoreThatIsDown) {
  behaves["b"] = [](Call&) { throw Transient("deadlock"); };
  const Report report = deliver(delivery("a"), delivery("b"), delivery("c"));
  EXPECT_EQ(report.end, End::store_down);
  EXPECT_EQ(report.settled, 1u);
  EXPECT_FALSE(row("b"));
}

TEST_F(G6_Patience, WhatBrokeTheTransactionIsJudgedByItsStateWhateverTheHandlerThrew) {
  int left = 2;
  behaves["a"] = [&](Call&) {
    faulty.trouble.reset();
    if (left-- == 0) return;
    faulty.trouble = Trouble::transient;
    throw std::runtime_error("a handler's own words");
  };
  faulty.before = [&](const std::string& call) {
    if (call == "begin") faulty.trouble.reset();
  };
  EXPECT_EQ(deliver(delivery("a")).counts, Counts{.handled = 1});
  EXPECT_EQ(ran.size(), 3u);
}

TEST_F(G6_Patience, AFullDiskBeneathTheHandlerIsAStoreThatIsDown) {
  behaves["a"] = [&](Call&) {
    faulty.trouble = Trouble::unavailable;
    throw Reject("a handler's own words");
  };
  EXPECT_EQ(deliver(delivery("a")).end, End::store_down);
  faulty.trouble.reset();
  EXPECT_FALSE(row("a"));
}

TEST_F(G6_Patience, AHandlerThatSwallowsWhatBrokeItsTransactionDoesNotCommit) {
  int left = 1;
  behaves["a"] = [&](Call&) {
    if (left-- > 0) faulty.trouble = Trouble::transient;
  };
  faulty.before = [&](const std::string& call) {
    if (call == "begin") faulty.trouble.reset();
  };
  EXPECT_EQ(deliver(delivery("a")).counts, Counts{.handled = 1});
  EXPECT_EQ(ran.size(), 2u);
}

TEST_F(G6_Patience, AStoreThatIsAwayLeavesTheRestUnsettled) {
  behaves["b"] = [](Call&) { throw std::runtime_error("no"); };
  int commits = 0;
  faulty.before = [&](const std::string& call) {
    commits += call == "commit";
    if (call == "begin" && commits == 1) throw Unavailable("the database is away");
  };
  const Report report = deliver(delivery("a"), delivery("b"), delivery("c"));
  EXPECT_EQ(report.end, End::store_down);
  EXPECT_EQ(report.settled, 1u) << "a was committed when the batch ran one by one";
  EXPECT_EQ(report.why, "the database is away");
}

TEST_F(G6_Patience, AHandlersUnavailableIsNotCountedAndStopsTheBatchThere) {
  behaves["b"] = [](Call&) { throw Unavailable("the gateway is away"); };
  const Report report = deliver(delivery("a"), delivery("b"), delivery("c"));
  EXPECT_EQ(report.end, End::unavailable);
  EXPECT_EQ(report.settled, 1u);
  EXPECT_EQ(report.type, "thing.v1");
  EXPECT_EQ(effects(), names({"a"}));
  EXPECT_FALSE(row("b"));
  EXPECT_FALSE(row("c"));
}

TEST_F(G6_Patience, WhoIsToBlameIsCounted) {
  behaves["a"] = [](Call&) { throw Unavailable("the gateway is away"); };
  const std::vector<Arrival> batch{consumer().arrive(delivery("a"))};
  const Report report = consumer().run_batch(batch, {.blame = true});
  EXPECT_EQ(report.end, End::done);
  EXPECT_EQ(report.counts, Counts{.deferred = 1});
  EXPECT_EQ(deferred("a")->attempts, 1);
}

TEST_F(G6_Patience, AFailureClaimsAgainForTheAnswerMayDifferByNow) {
  fails("a", 1);
  policy.batch = 1;
  early["a"] = [&](Call&) {
    early.clear();
    behaves["a"] = [](Call&) {};
    Consumer rival(Surroundings{*inbox, clock, handlers, policy, [] { return 0.0; }});
    const std::vector<Arrival> batch{rival.arrive(delivery("a"))};
    rival.run_batch(batch);
    throw std::runtime_error("does not work here");
  };
  EXPECT_EQ(deliver(delivery("a")).counts, Counts{.duplicates = 1});
  EXPECT_EQ(state("a"), State::handled);
}

}  // namespace holdfast::inbox::test
