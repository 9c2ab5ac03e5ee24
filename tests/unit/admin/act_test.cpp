// Replay, take-back and discard of many.
#include "set_aside.hpp"

namespace holdfast::admin {
namespace {

using ActTest = SetAside;

std::vector<Millis> due_times(const Frozen& events) {
  std::vector<Millis> out;
  for (const auto& v : events) out.push_back(v.event.due_in);
  return out;
}

TEST_F(ActTest, AllAtOnceAreDueNowWithAttemptsForgotten) {
  set_aside("a", Wait::dead, true), set_aside("a", Wait::dead, true);
  Replay replay(base(), all(), {});
  EXPECT_FALSE(replay.has_canary());
  const auto sum = replay.rest(action("replay"));
  EXPECT_EQ(sum.done, 2);
  EXPECT_EQ(sum.out_of_turn, 0);
  EXPECT_TRUE(sum.all());
  for (const auto& v : all()) {
    EXPECT_EQ(v.event.wait, Wait::retry);
    EXPECT_EQ(v.event.attempts, 0);
    EXPECT_EQ(v.event.due_in, Millis(0));
    EXPECT_EQ(v.state, State::deferred);
  }
  EXPECT_EQ(recorded("replay"), 2);
}

TEST_F(ActTest, ARateStaggersTheirDueTimes) {
  for (int i = 0; i < 4; ++i) set_aside("a");
  Replay replay(base(), all(), {.canary = 0, .per_second = 2});
  EXPECT_EQ(replay.rest(action("replay")).out_of_turn, 4) << "they block no key, so they go beside its order";
  EXPECT_EQ(due_times(all()), (std::vector{Millis(0), Millis(500), Millis(1000), Millis(1500)}));
}

TEST_F(ActTest, ACanaryGoesAloneAndTheRestByItsRate) {
  const auto first = set_aside("a");
  for (int i = 0; i < 2; ++i) set_aside("b");
  Replay replay(base(), all(), {.canary = 1, .per_second = 1});
  ASSERT_TRUE(replay.has_canary());
  EXPECT_EQ(replay.canary(action("canary")).done, 1);
  EXPECT_EQ(state("a", first), State::deferred);
  for (const auto& v : all("b")) EXPECT_EQ(v.event.wait, Wait::dead) << "the rest waits for the canary";
  EXPECT_EQ(replay.canary_outcome().waiting, 1);
  handle("a", first);
  EXPECT_EQ(replay.canary_outcome().settled, 1);
  EXPECT_EQ(replay.rest(action("replay")).done, 2);
  EXPECT_EQ(due_times(all("b")), (std::vector{Millis(0), Millis(1000)}));
}

TEST_F(ActTest, ACanaryThatFailsAgainIsSeen) {
  set_aside("a"), set_aside("a");
  Replay replay(base(), all(), {.canary = 1, .per_second = 0});
  EXPECT_EQ(replay.canary_outcome().dead, 1);
}

TEST_F(ActTest, AnEditedBodyReplacesThatOfTheOne) {
  const auto id = set_aside("a");
  const auto body = R"({"eventId":")" + id.to_string() + R"(","eventType":"order.created.v1","payload":{"orderId":8}})";
  EXPECT_EQ(Replay(base(), all(), {}, body).rest(action("replay")).done, 1);
  EXPECT_EQ(all()[0].event.body, body);
}

TEST_F(ActTest, AnEditThatIsAnotherEventChangesNothing) {
  set_aside("a");
  const auto before = all()[0].event.body;
  const auto stranger = R"({"eventId":"1f09f4f7a1d24575a2b4b2a1b35c0b1a","eventType":"order.created.v1","payload":{}})";
  EXPECT_THROW(Replay(base(), all(), {}, stranger).rest(action("replay")), Invalid);
  EXPECT_THROW(Replay(base(), all(), {}, "no JSON").rest(action("replay")), Invalid);
  EXPECT_EQ(all()[0].event.body, before);
  EXPECT_EQ(all()[0].event.wait, Wait::dead);
}

TEST_F(ActTest, WhatWaitsBehindAnotherIsNotReplayed) {
  set_aside("a", Wait::dead, true), set_aside("a", Wait::blocked, true);
  const auto sum = Replay(base(), all(), {}).rest(action("replay"));
  EXPECT_EQ(sum.done, 1);
  EXPECT_EQ(sum.not_in_state, 1);
  EXPECT_FALSE(sum.all());
  EXPECT_EQ(sum.words(), "1 done, 1 not in a state for it");
}

TEST_F(ActTest, TakeBackMakesThemDeadAgainButForThoseThatAreDue) {
  for (int i = 0; i < 3; ++i) set_aside("a");
  Replay(base(), all(), {.canary = 0, .per_second = 1}).rest(action("replay"));
  const auto sum = take_back(base(), all(), action("take back"));
  EXPECT_EQ(sum.done, 2);
  EXPECT_EQ(sum.not_in_state, 1) << "the first is due";
  const auto left = all();
  EXPECT_EQ(left[0].event.wait, Wait::retry);
  EXPECT_EQ(left[1].event.wait, Wait::dead);
  EXPECT_EQ(left[1].copy, 2) << "copies of before are copies of something else";
}

TEST_F(ActTest, DiscardEndsThemForGood) {
  const auto id = set_aside("a");
  const auto frozen = all();
  EXPECT_EQ(discard(base(), frozen, action("discard")).words(), "1 done, 1 of them beside the order of their key");
  EXPECT_EQ(state("a", id), State::discarded);
  EXPECT_TRUE(all().empty());
  const auto again = discard(base(), frozen, action("discard"));
  EXPECT_EQ(again.not_there, 1);
  EXPECT_EQ(again.done, 0);
  EXPECT_EQ(recorded("discard"), 1);
}

TEST_F(ActTest, ARerunOfOneActFindsItDone) {
  set_aside("a");
  const auto frozen = all();
  const auto act = action("discard");
  EXPECT_EQ(discard(base(), frozen, act).done, 1);
  EXPECT_EQ(discard(base(), frozen, act).done, 1);
  EXPECT_EQ(recorded("discard"), 1);
}

}  // namespace
}  // namespace holdfast::admin
