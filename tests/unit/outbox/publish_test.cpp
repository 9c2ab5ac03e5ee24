#include <gmock/gmock.h>

#include "event/envelope.hpp"
#include "fake_transaction.hpp"
#include "outbox/cause.hpp"

namespace holdfast::outbox {

FakeWriter& dialect_writer() {
  static FakeWriter writer;
  return writer;
}

}  // namespace holdfast::outbox

const holdfast::ports::OutboxWriter& holdfast::ports::outbox_writer(Dialect) { return outbox::dialect_writer(); }

namespace holdfast::outbox {
namespace {

struct OrderCreated {
  static constexpr std::string_view type = "order.created.v1";
  std::int64_t orderId = 0;
  std::string key() const { return std::to_string(orderId); }
};
struct OrderConfirmed {
  static constexpr std::string_view type = "order.confirmed.v1";
  static constexpr bool unrouted_ok = true;
  std::int64_t orderId = 0;
};

class PublishTest : public testing::Test {
 protected:
  Envelope envelope(const ports::OutgoingEvent& event) { return event::decode(event.envelope, event.headers); }
  /// What one publish wrote.
  template <class E>
  ports::OutgoingEvent written(const E& event, PublishOptions options = {}) {
    outbox.publish(tx.enlisted(), event, std::move(options));
    return writer.calls.back().front();
  }

  FakeWriter writer;
  FakeTransaction tx;
  StoppedClock clock;
  int wakes = 0;
  std::size_t committed = 0;
  Outbox outbox = make({.producer = "order-service",
                        .clock = clock,
                        .wake = [this](std::size_t n) { ++wakes, committed += n; },
                        .limits = {},
                        .writer = &writer});
};
using G2_Publish = PublishTest;
using G4_Publish = PublishTest;
using G3_DerivedIds = PublishTest;

TEST_F(G2_Publish, WritesNothingUnlessTheTransactionCommits) {
  {
    FakeTransaction undone;
    outbox.publish(undone.ref(), OrderCreated{1});
  }
  EXPECT_TRUE(writer.calls.empty());
  EXPECT_EQ(wakes, 0);
}

TEST_F(G2_Publish, WritesAllAtTheCommitInOneCallAndThenWakesTheRelay) {
  outbox.publish(tx.ref(), OrderCreated{1});
  outbox.publish(tx.ref(), OrderCreated{2});
  EXPECT_TRUE(writer.calls.empty());
  tx.commit();
  ASSERT_EQ(writer.calls.size(), 1u);
  EXPECT_EQ(writer.calls[0].size(), 2u);
  EXPECT_EQ(wakes, 1);
}

/// Follows events from their publish to their commit, and gives each a trace context of its own.
struct Following : PublishTest {
  struct One : Creation {
    explicit One(std::vector<std::string>& to) : told(to) {}
    void committed() noexcept override { told.emplace_back("committed"); }
    std::vector<std::string>& told;
  };
  std::vector<std::string> told;
  Outbox followed = make({.producer = "p",
                          .clock = clock,
                          .wake = {},
                          .limits = {},
                          .writer = &writer,
                          .begin_creation = [this](EventInfo& info) {
                            told.push_back("continues " + info.traceparent);
                            info.traceparent = of_its_own;
                            return std::make_unique<One>(told);
                          }});
  const std::string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const std::string of_its_own = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
};
using G2_Following = Following;

TEST_F(G2_Following, AnEventIsCreatedWithItsCommit) {
  followed.publish(tx.ref(), OrderCreated{1}, {.traceparent = parent});
  EXPECT_THAT(told, testing::ElementsAre("continues " + parent));
  tx.commit();
  EXPECT_THAT(told, testing::ElementsAre("continues " + parent, "committed"));
  EXPECT_EQ(writer.calls[0][0].headers.at("traceparent"), of_its_own);
}

TEST_F(G2_Following, WhatRollsBackOrFailsToCommitWasNever) {
  {
    FakeTransaction undone;
    followed.publish(undone.ref(), OrderCreated{1});
  }
  writer.fails = true;
  followed.publish(tx.ref(), OrderCreated{2});
  EXPECT_THROW(tx.commit(), Unavailable);
  EXPECT_THAT(told, testing::ElementsAre("continues ", "continues "));
}

TEST_F(G2_Following, InATransactionThatIsNotOursItCountsAsCommittedAtOnce) {
  followed.publish(tx.enlisted(), OrderCreated{1});
  EXPECT_THAT(told, testing::ElementsAre("continues ", "committed"));
}

TEST_F(PublishTest, TheTracestateGoesAlongWithAGoodTraceparentOnly) {
  const std::string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_EQ(written(OrderCreated{1}, {.traceparent = parent, .tracestate = "vendor=1"}).headers.at("tracestate"),
            "vendor=1");
  EXPECT_FALSE(
      written(OrderCreated{1}, {.traceparent = "bad", .tracestate = "vendor=1"}).headers.contains("tracestate"));
  EXPECT_FALSE(
      written(OrderCreated{1}, {.traceparent = parent, .tracestate = "a\r\nb"}).headers.contains("tracestate"));
}

TEST_F(G2_Publish, AFailedWriteIsTheCommitsFailure) {
  writer.fails = true;
  outbox.publish(tx.ref(), OrderCreated{1});
  EXPECT_THROW(tx.commit(), Unavailable);
  EXPECT_EQ(wakes, 0);
}

TEST_F(G2_Publish, TheOutboxMayGoBeforeTheCommit) {
  make({.producer = "p", .clock = clock, .wake = {}, .limits = {}, .writer = &writer})
      .publish(tx.ref(), OrderCreated{1});
  tx.commit();
  EXPECT_EQ(writer.calls.size(), 1u);
}

TEST_F(G2_Publish, AnEnlistedTransactionIsWrittenAtOnceAndWakesNobody) {
  outbox.publish(tx.enlisted(), OrderCreated{1});
  EXPECT_EQ(writer.calls.size(), 1u);
  EXPECT_EQ(wakes, 0);
  outbox.wake_relay();
  EXPECT_EQ(wakes, 1);
}

TEST_F(G2_Publish, WithoutAWriterTheDialectsOwnIsUsed) {
  Outbox plain("order-service");
  plain.publish(tx.enlisted(), OrderCreated{5});
  ASSERT_EQ(dialect_writer().calls.size(), 1u);
  EXPECT_EQ(dialect_writer().calls[0][0].key, "5");
  plain.wake_relay();  // nobody listens
}

TEST_F(G4_Publish, KeysAreSortedAndTheEventsOfAKeyStayInTheirOrder) {
  const EventId b1 = outbox.publish(tx.ref(), OrderCreated{2}), a1 = outbox.publish(tx.ref(), OrderCreated{1});
  const EventId b2 = outbox.publish(tx.ref(), OrderCreated{2}), a2 = outbox.publish(tx.ref(), OrderCreated{1});
  tx.commit();
  std::vector<EventId> ids;
  for (const auto& event : writer.calls[0]) ids.push_back(event.id);
  EXPECT_THAT(ids, testing::ElementsAre(a1, a2, b1, b2));
}

TEST_F(G4_Publish, KeyByContractByOptionAndNone) {
  EXPECT_EQ(written(OrderCreated{7}).key, "7");
  EXPECT_EQ(written(OrderCreated{7}).headers.at("holdfast-key"), "7");
  EXPECT_EQ(written(OrderCreated{7}, {.key = "eight"}).key, "eight");
  const auto unordered = written(OrderCreated{7}, {.ordered = false});
  EXPECT_EQ(unordered.key, std::nullopt);
  EXPECT_FALSE(unordered.headers.contains("holdfast-key"));
  EXPECT_EQ(written(OrderConfirmed{7}).key, std::nullopt);
}

TEST_F(PublishTest, TheEnvelopeSaysWhoWhatAndWhen) {
  const auto event = written(OrderCreated{7});
  const Envelope read = envelope(event);
  EXPECT_EQ(read.info.id, event.id);
  EXPECT_EQ(read.info.type, "order.created.v1");
  EXPECT_EQ(read.info.producer, "order-service");
  EXPECT_EQ(read.info.occurred_at, clock.time);
  EXPECT_EQ(event.id.time(), clock.time);
  EXPECT_EQ(read.payload, R"({"orderId":7})");
  EXPECT_EQ(read.info.correlation_id, event.id.to_string());
  EXPECT_EQ(read.info.trace_id, event.id.to_string()) << "outside of any trace it begins one";
}

TEST_F(PublishTest, WhoMayReachNobodySaysSo) {
  EXPECT_FALSE(written(OrderCreated{1}).unrouted_ok);
  EXPECT_TRUE(written(OrderConfirmed{1}).unrouted_ok);
  EXPECT_FALSE(written(OrderConfirmed{1}, {.unrouted_ok = false}).unrouted_ok);
}

TEST_F(PublishTest, WhatNoBrokerTakesIsRefusedHereAndNothingIsWritten) {
  EXPECT_THROW(outbox.publish(tx.ref(), OrderCreated{1}, {.key = std::string(201, 'k')}), Invalid);
  EXPECT_THROW(outbox.publish(tx.ref(), OrderCreated{1}, {.headers = {{"h", std::string(17'000, 'x')}}}), Invalid);
  EXPECT_THROW(outbox.publish(tx.ref(), OrderCreated{1}, {.headers = {{"holdfast-copy", "3"}}}), Invalid);
  EXPECT_THROW(outbox.publish_encoded(tx.ref(), "t", R"({"a":)", {}), Invalid);
  EXPECT_THROW(outbox.publish_encoded(tx.ref(), "t", "\"" + std::string(1'100'000, 'x') + "\"", {}), Invalid);
  tx.commit();
  EXPECT_TRUE(writer.calls.empty());
}

TEST_F(PublishTest, ATypeThatNoSubscriptionCouldNameIsRefused) {
  for (const char* type : {"order created", "order.*.v1", "#", "order.created.v1\n", "\torder"})
    EXPECT_THROW(outbox.publish_encoded(tx.enlisted(), type, "{}", {}), Invalid) << type;
  EXPECT_TRUE(writer.calls.empty());
}

TEST_F(PublishTest, TheUsersIdAndHeadersAreKept) {
  const EventId id = EventId::parse("1f09f4f7a1d24575a2b4b2a1b35c0b1a");
  const auto event = written(OrderCreated{1},
                             {.id = id, .correlation_id = "talk", .causation_id = "why", .headers = {{"tenant", "x"}}});
  EXPECT_EQ(event.id, id);
  EXPECT_EQ(event.headers.at("tenant"), "x");
  EXPECT_EQ(envelope(event).info.correlation_id, "talk");
  EXPECT_EQ(envelope(event).info.causation_id, "why");
}

EventInfo handled() {
  EventInfo info;
  info.id = EventId::parse("0190b5a0a1d24575a2b4b2a1b35c0b1a");
  info.correlation_id = "conversation";
  info.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  return info;
}

TEST_F(G3_DerivedIds, AHandlerThatRunsAgainPublishesTheSameIds) {
  const EventInfo cause = handled();
  const auto run = [&](const std::string& consumer) {
    Cause scope(consumer, &cause);
    return std::vector{written(OrderCreated{1}).id, written(OrderCreated{1}).id, written(OrderConfirmed{1}).id};
  };
  const auto first = run("inventory");
  EXPECT_EQ(run("inventory"), first);
  EXPECT_NE(first[0], first[1]);
  EXPECT_EQ(first[0], EventId::derive(cause.id, "inventory", "order.created.v1", 0));
  EXPECT_EQ(first[1], EventId::derive(cause.id, "inventory", "order.created.v1", 1));
  EXPECT_EQ(first[2], EventId::derive(cause.id, "inventory", "order.confirmed.v1", 0));
  EXPECT_NE(run("payment"), first);
}

TEST_F(G3_DerivedIds, OutsideOfAHandlerEachIsNew) {
  const EventInfo cause = handled();
  EXPECT_NE(written(OrderCreated{1}, caused_by(cause)).id, written(OrderCreated{1}, caused_by(cause)).id);
}

TEST_F(G3_DerivedIds, InABulkHandlerTheNamedCauseCounts) {
  const EventInfo cause = handled();
  Cause scope("inventory", nullptr);
  EXPECT_EQ(written(OrderCreated{1}, caused_by(cause)).id,
            EventId::derive(cause.id, "inventory", "order.created.v1", 0));
  EXPECT_TRUE(written(OrderCreated{1}).id.time()) << "without a cause: UUIDv7";
  EXPECT_TRUE(written(OrderCreated{1}, {.causation_id = "not an id"}).id.time());
}

TEST_F(G3_DerivedIds, TheUsersIdWins) {
  const EventInfo cause = handled();
  Cause scope("inventory", &cause);
  const EventId id = EventId::generate();
  EXPECT_EQ(written(OrderCreated{1}, {.id = id}).id, id);
}

TEST_F(PublishTest, WhatAHandlerPublishesContinuesItsConversation) {
  const EventInfo cause = handled();
  const Cause scope("inventory", &cause);
  const EventInfo read = envelope(written(OrderCreated{1})).info;
  EXPECT_EQ(read.correlation_id, "conversation");
  EXPECT_EQ(read.causation_id, cause.id.to_string());
}

TEST_F(PublishTest, ScopesNest) {
  const EventInfo outer = handled();
  const Cause scope("inventory", &outer);
  { const Cause inner("payment", nullptr); }
  EXPECT_EQ(Cause::current(), &scope);
}

TEST_F(PublishTest, CausedByCarriesConversationCauseAndTrace) {
  EventInfo cause = handled();
  EventInfo read = envelope(written(OrderCreated{1}, caused_by(cause))).info;
  EXPECT_EQ(read.correlation_id, "conversation");
  EXPECT_EQ(read.causation_id, cause.id.to_string());
  EXPECT_EQ(read.traceparent, cause.traceparent);
  cause.correlation_id.clear();
  EXPECT_EQ(caused_by(cause).correlation_id, cause.id.to_string()) << "the first event names the conversation";
}

}  // namespace
}  // namespace holdfast::outbox
