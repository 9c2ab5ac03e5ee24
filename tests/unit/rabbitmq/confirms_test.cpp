#include "transport/rabbitmq/confirms.hpp"

#include <gtest/gtest.h>

#include "transport/rabbitmq/closed.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

using ports::Outcome;

struct RabbitConfirms : ::testing::Test {
  /// Tokens are 100 and up, numbers 1 and up.
  void publish(int count) {
    for (int i = 0; i < count; ++i, ++token)
      confirms.published(token, "id" + std::to_string(token), "order.created.v1");
  }
  std::vector<std::pair<std::uint64_t, Outcome>> take() {
    std::vector<std::pair<std::uint64_t, Outcome>> out;
    for (const auto& r : std::exchange(results, {})) out.emplace_back(r.token, r.outcome);
    return out;
  }
  using Seen = std::vector<std::pair<std::uint64_t, Outcome>>;

  Confirms confirms;
  Confirms::Results results;
  std::uint64_t token = 100;
};

TEST_F(RabbitConfirms, OneOrAllUpToIt) {
  publish(5);
  confirms.acked(2, false, results);
  EXPECT_EQ(take(), (Seen{{101, Outcome::confirmed}}));
  confirms.acked(4, true, results);
  EXPECT_EQ(take(), (Seen{{100, Outcome::confirmed}, {102, Outcome::confirmed}, {103, Outcome::confirmed}}));
  EXPECT_EQ(confirms.open(), 1u);
  confirms.nacked(5, true, results);
  EXPECT_EQ(take(), (Seen{{104, Outcome::nacked}}));
  EXPECT_EQ(confirms.open(), 0u);
}

TEST_F(RabbitConfirms, NoneTwice) {
  publish(3);
  confirms.acked(3, false, results);
  confirms.acked(3, false, results);
  confirms.acked(3, true, results);
  confirms.acked(2, true, results), confirms.acked(9, false, results);
  EXPECT_EQ(take(), (Seen{{102, Outcome::confirmed}, {100, Outcome::confirmed}, {101, Outcome::confirmed}}));
  publish(1);
  confirms.acked(0, true, results);  // zero: all
  EXPECT_EQ(take(), (Seen{{103, Outcome::confirmed}}));
}

TEST_F(RabbitConfirms, WhatCameBackIsReturnedWhenItsAckComes) {
  publish(3);
  confirms.returned("id101", "order.created.v1", "nobody wants it");
  confirms.returned("id101", "another route", "not this one");
  EXPECT_TRUE(results.empty());
  confirms.acked(3, true, results);
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[1].error, "nobody wants it");
  EXPECT_EQ(take(), (Seen{{100, Outcome::confirmed}, {101, Outcome::returned}, {102, Outcome::confirmed}}));
}

TEST_F(RabbitConfirms, OfSeveralAlikeTheFirstCameBack) {
  for (int i = 0; i < 3; ++i) confirms.published(token++, "id", "q");
  confirms.returned("id", "q", "no");
  confirms.returned("id", "q", "no");
  confirms.acked(3, true, results);
  EXPECT_EQ(take(), (Seen{{100, Outcome::returned}, {101, Outcome::returned}, {102, Outcome::confirmed}}));
}

TEST_F(RabbitConfirms, AtTheEndWhatIsOpenIsUnknown) {
  publish(3);
  confirms.acked(2, false, results);
  confirms.returned("id100", "order.created.v1", "no");
  take();
  confirms.end("cut", results);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].error, "cut");
  EXPECT_EQ(take(), (Seen{{100, Outcome::unknown}, {102, Outcome::unknown}}));
  EXPECT_EQ(confirms.open(), 0u);
}

TEST(RabbitClosed, SaysWhoIsToBlame) {
  for (const int code : {406, 501, 502, 503, 504, 505, 506, 541})
    EXPECT_EQ(blame_of(code), ports::Blame::a_message) << code;
  for (const int code : {403, 404, 530}) EXPECT_EQ(blame_of(code), ports::Blame::the_setup) << code;
  for (const int code : {0, 200, 311, 320, 405, 540, 542}) EXPECT_EQ(blame_of(code), ports::Blame::nobody) << code;
}

TEST(RabbitClosed, SaysWhatHappenedAndWhatToDo) {
  const Closed closed("the channel", 404, "NOT_FOUND - no exchange 'orders.exchange' in vhost '/'");
  EXPECT_EQ(closed.code(), 404);
  const std::string text = closed.what();
  EXPECT_NE(text.find("no exchange 'orders.exchange'"), text.npos) << text;
  EXPECT_NE(text.find("declare"), text.npos) << text;
  EXPECT_NE(text.find("tried again"), text.npos) << text;
  EXPECT_THROW(rethrow("q", closed), Missing);
  EXPECT_THROW(rethrow("q", Closed("the channel", 403, "no")), Invalid);
  EXPECT_THROW(rethrow("q", Closed("cut")), Closed);
}

}  // namespace
}  // namespace holdfast::transport::rabbitmq
