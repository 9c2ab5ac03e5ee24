// What an operator sees and does.
#include "conformance/store/clients.hpp"

namespace conformance {
namespace {

using namespace holdfast;
using namespace holdfast::ports;
using Wait = Deferred::Wait;

OperatorAction act(int number) { return {id(number), "ann", "what", "which", "result"}; }

std::vector<RowRef> refs(const std::vector<OutboxView>& views) {
  std::vector<RowRef> out;
  out.reserve(views.size());
  for (const auto& view : views) out.push_back({view.row.seq, view.row.event.id});
  return out;
}

TEST_P(StoreConformance, RefusedRowsWaitForAnOperator) {
  if (!features().admin) GTEST_SKIP();
  AdminStore& admin = *clients->admin();
  publish({outgoing(1), outgoing(2), outgoing(3)});
  auto rows = refs(admin.pending({}));
  outbox().note_failure(std::span(rows).first(2), "frame too large", true);
  EXPECT_EQ(admin.status().refused, 2);
  EXPECT_EQ(admin.pending({.error = "too large"}).size(), 2u);
  EXPECT_EQ(admin.retry_refused(std::span(rows).first(1), act(90)), 1);
  EXPECT_EQ(admin.retry_refused(std::span(rows).last(1), act(91)), 0);  // not refused
  const std::vector<KeyFrom> key{{"k", 0}};
  EXPECT_FALSE(outbox().read_keys(key, 9).at(0).refused);
  EXPECT_EQ(admin.discard_pending(std::span(rows).subspan(1, 1), act(92)), 1);
  EXPECT_EQ(outbox().read_keys(key, 9).size(), 2u);
  rows[0].id = id(9);
  EXPECT_EQ(admin.discard_pending(std::span(rows).first(1), act(93)), 0);
}

// An act whose commit was in doubt is run again: it says that it is done and does nothing twice.
TEST_P(StoreConformance, AnActOnTheOutboxIsDoneOnce) {
  if (!features().admin) GTEST_SKIP();
  AdminStore& admin = *clients->admin();
  publish({outgoing(1)});
  outbox().mark_published(refs(admin.pending({})));
  const auto rows = refs(admin.published({}));
  EXPECT_EQ(admin.republish(rows, "", act(90)), 1);
  EXPECT_EQ(admin.republish(rows, "", act(90)), 1);
  EXPECT_EQ(admin.pending({}).size(), 1u);
  EXPECT_EQ(admin.republish(rows, "inventory.order-created.q", act(91)), 1);
  const auto pending = admin.pending({});
  ASSERT_EQ(pending.size(), 2u);
  EXPECT_EQ(pending[0].row.event, outgoing(1));
  EXPECT_EQ(pending[1].row.event.destination, "inventory.order-created.q");
  EXPECT_GT(pending[0].row.seq, rows[0].seq);
}

TEST_P(StoreConformance, TellsWhatTheLastReleaseOfEachConsumerAskedFor) {
  if (!features().admin) GTEST_SKIP();
  AdminStore& admin = *clients->admin();
  EXPECT_TRUE(admin.subscriptions().empty());
  inbox().open_instance({.name = "old", .queue = "inventory.q", .patterns = {"order.created.*"}, .ordering = "by_key"});
  clients->advance(Millis(1));
  inbox().open_instance({.name = "new",
                         .queue = "inventory.q",
                         .patterns = {"order.created.*", "order.cancelled.*"},
                         .delays = {Millis(500), Millis(5'000)}});
  const auto found = admin.subscriptions();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].queue, "inventory.q");
  EXPECT_EQ(found[0].patterns, (std::vector<std::string>{"order.created.*", "order.cancelled.*"}));
  EXPECT_FALSE(found[0].by_key);
  EXPECT_EQ(found[0].delays, (std::vector{Millis(500), Millis(5'000)}));
  clients->advance(Millis(1));
  inbox().open_instance({.name = "old", .queue = "inventory.q", .patterns = {"order.*"}});
  EXPECT_EQ(admin.subscriptions().at(0).patterns, std::vector<std::string>{"order.*"})
      << "the name is old, its start is not";
  EXPECT_TRUE(admin.subscriptions().at(0).delays.empty());
  clients->advance(Millis(1));
  inbox().open_instance({.name = "renamed", .queue = "a.q", .patterns = {"order.*"}});
  ASSERT_EQ(admin.subscriptions().size(), 2u);
  EXPECT_EQ(admin.subscriptions().back().queue, "a.q") << "the queue that it has now";
}

TEST_P(StoreConformance, AConsumersQueueIsTheOneOfItsLastStart) {
  if (!features().admin) GTEST_SKIP();
  AdminStore& admin = *clients->admin();
  inbox().open_instance({.name = "z", .queue = "z.q", .patterns = {"order.#"}});
  clients->advance(Millis(1));
  inbox().open_instance({.name = "a", .queue = "a.q", .patterns = {"order.#"}});
  ASSERT_EQ(admin.status().consumers.size(), 1u);
  EXPECT_EQ(admin.status().consumers[0].queue, "a.q");
  clients->advance(Millis(1));
  inbox().open_instance({.name = "z", .queue = "z.q", .patterns = {"order.#"}});
  EXPECT_EQ(admin.status().consumers.at(0).queue, "z.q") << "the name is old, its start is not";
}

TEST_P(StoreConformance, SelectionsPick) {
  if (!features().admin) GTEST_SKIP();
  AdminStore& admin = *clients->admin();
  OutgoingEvent other = outgoing(3, std::nullopt);
  other.type = "stock.reserved.v1";
  other.occurred_at += std::chrono::hours(1);
  publish({outgoing(1, "a"), outgoing(2, "b"), other});
  const auto count = [&](const Selection& selection) { return admin.pending(selection).size(); };
  EXPECT_EQ(count({}), 3u);
  EXPECT_EQ(count({.type = "stock.reserved.v1"}), 1u);
  EXPECT_EQ(count({.type = "stock.reserved.*"}), 1u) << "all its versions";
  EXPECT_EQ(count({.type = "stock.*"}), 0u) << "one word";
  EXPECT_EQ(count({.key = "b"}), 1u);
  EXPECT_EQ(count({.ids = {id(1), id(3), id(8)}}), 2u);
  EXPECT_EQ(count({.since = other.occurred_at}), 1u);
  EXPECT_EQ(count({.until = other.occurred_at}), 2u);
  EXPECT_EQ(count({.limit = 2}), 2u);
}

TEST_P(StoreConformance, DeferredAreListedInTheirOrderAndRetryingOnesToo) {
  if (!features().admin) GTEST_SKIP();
  AdminStore& admin = *clients->admin();
  Fate dead = aside(2, Wait::dead, false, "z");
  dead.copy = 1, dead.deferred->reason = "rejected", dead.deferred->error = "no such product 7",
  dead.deferred->type = "order.created.v2";
  committed([&](InboxTx& t) {
    claim(t, {1, 2, 3, 4});
    t.settle(id(2), dead), t.settle(id(1), aside(1, Wait::blocked)), t.settle(id(3), {State::retrying, 2});
  });
  const auto all = admin.deferred({}, false);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(admin.deferred({.limit = 1}, true).at(0).event.id, id(2));
  EXPECT_EQ(admin.deferred({.type = "order.created.*"}, false).size(), 2u);
  EXPECT_TRUE(admin.deferred({.type = "another.*"}, false).empty());
  EXPECT_EQ(admin.deferred({.reason = "rejected"}, false).at(0).event.error, "no such product 7");
  EXPECT_TRUE(admin.deferred({.reason = "exhausted"}, false).empty());
  EXPECT_EQ(admin.deferred({.error = "product"}, true).size(), 1u);
  EXPECT_EQ(admin.deferred({.key = "k"}, false).at(0).event.wait, Wait::blocked);
  EXPECT_TRUE(admin.deferred({.consumer = "another"}, false).empty());
  EXPECT_EQ(admin.deferred({.ids = {id(3)}}, false).at(0).state, State::retrying);
  EXPECT_EQ(admin.deferred({.ids = {id(3)}}, false).at(0).copy, 2);
}

TEST_P(StoreConformance, StatusCounts) {
  if (!features().admin) GTEST_SKIP();
  AdminStore& admin = *clients->admin();
  inbox().open_instance({.name = "a", .queue = "test.q", .patterns = {"order.#"}, .ordering = "by_key"});
  publish({outgoing(1), outgoing(2)});
  const auto first = refs(admin.pending({.limit = 1}));
  outbox().mark_published(first);
  outbox().renew("me", Millis(10'000));
  committed([](InboxTx& t) {
    claim(t, {1, 2, 3, 4, 5, 6, 7});
    t.settle(id(2), aside(2, Wait::retry)), t.settle(id(3), aside(3, Wait::blocked)),
        t.settle(id(4), aside(4, Wait::dead));
    t.settle(id(5), {State::retrying, 1}), t.settle(id(6), {State::discarded});
  });
  const Status status = admin.status();
  EXPECT_EQ(status.pending, 1);
  EXPECT_EQ(status.published, 1);
  EXPECT_EQ(status.oldest_pending, outgoing(2).occurred_at);
  EXPECT_EQ(status.lease_owner, "me");
  EXPECT_EQ(status.lease_left, Millis(10'000));
  ASSERT_EQ(status.consumers.size(), 1u);
  const auto& c = status.consumers[0];
  EXPECT_EQ(c.queue, "test.q");
  EXPECT_EQ((std::vector{c.handled, c.retry, c.blocked, c.dead, c.retrying, c.discarded}),
            (std::vector<std::int64_t>{2, 1, 1, 1, 1, 1}));
  EXPECT_EQ(admin.consumers(), std::vector<std::string>{clients->admin()->deferred({}, true).at(0).consumer});
}

// The gauges have a query of their own, which does not count what is over.
TEST_P(StoreConformance, WhatWaitsIsWhatStatusSays) {
  if (!features().admin) GTEST_SKIP();
  AdminStore& admin = *clients->admin();
  const auto expect_the_same = [&] {
    const Status status = admin.status();
    Waiting waiting = admin.waiting();
    EXPECT_EQ(waiting.pending, status.pending);
    EXPECT_EQ(waiting.oldest_pending, status.oldest_pending);
    std::vector<Waiting::AtConsumer> consumers;
    consumers.reserve(status.consumers.size());
    for (const auto& c : status.consumers)
      consumers.push_back({c.consumer, c.retrying, c.retry, c.blocked, c.dead, 0, {}});
    for (auto& c : waiting.consumers) c.blocked_keys = 0, c.blocked_since.reset();
    EXPECT_EQ(waiting.refused, status.refused);
    EXPECT_EQ(waiting.lease_owner, status.lease_owner);
    EXPECT_EQ(waiting.consumers, consumers);
    return waiting;
  };
  expect_the_same();
  inbox().open_instance({.name = "a", .queue = "test.q", .patterns = {"order.#"}, .ordering = "by_key"});
  inbox().open_instance({.name = "b", .queue = "test.q", .patterns = {"order.#"}, .ordering = "by_key"});
  expect_the_same();
  OutgoingEvent old = outgoing(4);
  old.occurred_at -= std::chrono::hours(1);
  publish({outgoing(1), outgoing(2), outgoing(3), old});
  outbox().mark_published(refs(admin.pending({.limit = 1})));
  outbox().note_failure(refs(admin.pending({.limit = 1})), "frame too large", true);
  committed([](InboxTx& t) {
    claim(t, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    t.settle(id(1), aside(1, Wait::retry));
    for (int n : {2, 3}) t.settle(id(n), aside(n, Wait::blocked));
    for (int n : {4, 5, 6}) t.settle(id(n), aside(n, Wait::dead));
    for (int n : {7, 8, 9, 10}) t.settle(id(n), {State::retrying, 1});
    t.settle(id(11), {State::discarded});
  });
  const Waiting waiting = expect_the_same();
  EXPECT_EQ(waiting.pending, 3);
  EXPECT_EQ(waiting.oldest_pending, old.occurred_at);
  EXPECT_EQ(waiting.consumers, (std::vector<Waiting::AtConsumer>{{"test", 4, 1, 2, 3, 0, {}}}));
  EXPECT_EQ(admin.waiting().consumers.at(0).blocked_keys, 1) << "all of one key";
  EXPECT_TRUE(admin.waiting().oldest_published);
  const Lately lately = admin.lately(Millis(60'000));
  EXPECT_EQ(lately.published, 1);
  EXPECT_EQ(lately.settled, (std::vector<std::pair<std::string, std::int64_t>>{{"test", 12}}));
}

}  // namespace
}  // namespace conformance
