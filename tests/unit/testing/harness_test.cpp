// The harness itself: what it promises to a user's test.
#include <gtest/gtest.h>

#include "holdfast/testing.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

struct Ordered {
  static constexpr std::string_view type = "test.ordered.v1";
  std::int64_t orderId = 0;
  std::string note;
  std::string key() const { return std::to_string(orderId); }
};
struct Done {
  static constexpr std::string_view type = "test.done.v1";
  std::int64_t orderId = 0;
  std::string key() const { return std::to_string(orderId); }
};

struct HarnessTest : ::testing::Test {
  /// Each event: a row and an event; `tries` counts the runs of the handler.
  void subscribe(Subscription subscription = {.consumer = "c"}) {
    harness.host().subscribe(std::move(subscription), [this](Context& ctx, const Ordered& ordered) {
      ++tries;
      if (failures-- > 0) throw std::runtime_error("not yet");
      ctx.tx().exec("CREATE TABLE IF NOT EXISTS effects(note TEXT)");
      ctx.tx().exec("INSERT INTO effects VALUES ($1)", ordered.note);
      ctx.publish(Done{ordered.orderId});
    });
  }
  Strings effects() {
    return harness.store().transact([](Transaction& tx) {
      Strings out;
      for (const auto& note : tx.query<std::string>("SELECT note FROM effects ORDER BY rowid")) out.push_back(note);
      return out;
    });
  }
  Harness harness;
  int tries = 0, failures = 0;
};
struct G1_Harness : HarnessTest {};
struct G3_Harness : HarnessTest {};
struct G4_Harness : HarnessTest {};

TEST_F(G3_Harness, ADuplicateIsAbsorbed) {
  subscribe();
  const auto id = harness.deliver(Ordered{1, "a"});
  harness.deliver_again(id);
  harness.deliver_again(id);
  EXPECT_EQ(effects(), Strings{"a"});
  EXPECT_EQ(tries, 1);
  EXPECT_EQ(harness.duplicates_absorbed(), 2);
  EXPECT_EQ(harness.published<Done>().size(), 1u);
}

TEST_F(G3_Harness, ACrashAfterTheCommitIsADuplicate) {
  subscribe();
  harness.crash_after_next_commit();
  harness.deliver(Ordered{1, "a"});
  EXPECT_EQ(effects(), Strings{"a"});
  EXPECT_EQ(tries, 1) << "the inbox row was there: the handler must not run again";
  EXPECT_EQ(harness.duplicates_absorbed(), 1) << "nothing was delivered again: it did not crash";
  EXPECT_EQ(harness.published<Done>().size(), 1u);
}

TEST_F(G3_Harness, AFailedCommitIsRolledBackAndRunAgain) {
  subscribe();
  harness.fail_next_commit();
  harness.deliver(Ordered{1, "a"});
  EXPECT_EQ(tries, 2) << "no commit failed";
  EXPECT_EQ(effects(), Strings{"a"});
  EXPECT_EQ(harness.published<Done>().size(), 1u) << "what a rolled back try published must not go out";
  EXPECT_TRUE(harness.dead_letters().empty());
}

TEST_F(G1_Harness, RetriesComeWithTheClockAlone) {
  subscribe();
  failures = 2;
  harness.deliver(Ordered{1, "a"});
  harness.settle();
  const int before = tries;
  EXPECT_TRUE(harness.published<Done>().empty());
  harness.advance(900ms);
  EXPECT_EQ(tries, before) << "a retry before its time";
  harness.advance(10s);
  EXPECT_EQ(effects(), Strings{"a"});
}

TEST_F(G1_Harness, DaysGoByQuicklyAndExhaustIntoADeadLetter) {
  subscribe();
  failures = 1000;
  const auto id = harness.deliver(Ordered{1, "a"});
  harness.advance(std::chrono::hours(24 * 13));
  ASSERT_EQ(harness.dead_letters().size(), 1u);
  EXPECT_EQ(harness.dead_letters()[0].info.id, id);
  EXPECT_EQ(harness.dead_letters()[0].reason, "exhausted");
  EXPECT_EQ(harness.dead_letters()[0].error, "not yet");
  EXPECT_GE(tries, 6);
}

TEST_F(G4_Harness, OneKeyStaysInOrderBehindAFailure) {
  subscribe();
  failures = 1;
  harness.deliver(Ordered{1, "first"});
  harness.deliver(Ordered{1, "second"});
  harness.deliver(Ordered{2, "other"});
  EXPECT_EQ(effects(), Strings{"other"});
  harness.advance(2s);
  EXPECT_EQ(effects(), (Strings{"other", "first", "second"}));
}

TEST_F(G1_Harness, ForeignBytesAreDeadWithThePointer) {
  subscribe();
  harness.deliver_raw(
      R"({"eventId":"1f09f4f7a1d24575a2b4b2a1b35c0b1a","eventType":"test.ordered.v1","payload":{"orderId":"x","note":"a"}})",
      "test.ordered.v1");
  harness.deliver_raw("no JSON at all");
  ASSERT_EQ(harness.dead_letters().size(), 2u);
  EXPECT_EQ(harness.dead_letters()[0].reason, "invalid");
  EXPECT_NE(harness.dead_letters()[0].error.find("/payload/orderId"), std::string::npos)
      << harness.dead_letters()[0].error;
  EXPECT_EQ(harness.dead_letters()[1].reason, "invalid");
  EXPECT_EQ(tries, 0);
}

TEST_F(HarnessTest, PublishedLeavesOutWhatTheTestDelivered) {
  subscribe();
  harness.deliver(Ordered{1, "a"}, {.correlation_id = "talk"});
  EXPECT_TRUE(harness.published<Ordered>().empty());
  const auto done = harness.published_of("test.done.v1");
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].payload, R"({"orderId":1})");
  EXPECT_EQ(done[0].info.correlation_id, "talk");
  EXPECT_EQ(done[0].info.key, "1");
}

TEST_F(HarnessTest, WhatTheServicePublishesReachesItsOwnSubscriptions) {
  subscribe();
  int done = 0;
  harness.host().subscribe({.consumer = "other"}, [&](Context&, const Done&) { ++done; });
  harness.deliver(Ordered{1, "a"});
  EXPECT_EQ(done, 1);
}

TEST_F(HarnessTest, HttpCallsARouteAndSettles) {
  subscribe();
  harness.server().on("POST", "/orders", [this](const http::Request& request) {
    harness.store().transact([&](Transaction& tx) { harness.host().outbox().publish(tx, Ordered{7, request.body}); });
    return http::Response{.status = 201};
  });
  EXPECT_EQ(harness.http({"POST", "/orders", {}, "a"}).status, 201);
  EXPECT_EQ(effects(), Strings{"a"});
  EXPECT_EQ(harness.http({"GET", "/nothing"}).status, 404);
}

TEST_F(HarnessTest, WhatItCannotDoIsALogicError) {
  subscribe();
  EXPECT_THROW(harness.deliver_again(EventId::generate()), std::logic_error);
}

}  // namespace
}  // namespace holdfast::testing
