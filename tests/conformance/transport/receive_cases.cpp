// Receiving: credit, acks, sessions, who may have which event.
#include <algorithm>

#include "suite.hpp"

namespace holdfast::conformance {

// Each with a type of its own: where a log is kept, a queue that is new begins with what was published before.
const ports::Queue by_key{"keyed.q", {"keyed.v1"}, true};
const ports::Queue in_any_order{"loose.q", {"loose.v1"}, false};

TEST_P(TransportConformance, hands_out_no_more_than_the_credit) {
  for (const auto& queue : {by_key, in_any_order}) {
    const auto receiver = subscribe(queue);
    receiver->credit(2);
    publish_to(queue, {"1", "2", "3"});
    const auto first = take(*receiver, 2);
    EXPECT_EQ(bodies(first), (Bodies{"1", "2"}));
    EXPECT_TRUE(poll(*receiver).deliveries.empty());
    ack(*receiver, {first[0]});
    EXPECT_EQ(bodies(take(*receiver, 1)), Bodies{"3"});
    receiver->disconnect();
  }
}

TEST_P(TransportConformance, without_credit_takes_nothing_and_stays_connected) {
  const auto receiver = subscribe(by_key);
  receiver->credit(0);
  publish_to(by_key, {"1"});
  const auto got = poll(*receiver);
  EXPECT_TRUE(got.connected);
  EXPECT_TRUE(got.deliveries.empty());
  EXPECT_FALSE(got.empty);
  receiver->credit(1);
  EXPECT_EQ(take(*receiver, 1).size(), 1u);
}

TEST_P(TransportConformance, G1_NoLoss_what_is_not_acked_comes_again_in_order_and_says_so) {
  for (const auto& queue : {by_key, in_any_order}) {
    const auto receiver = subscribe(queue);
    publish_to(queue, {"1", "2", "3", "4"});
    receiver->credit(3);
    const auto first = take(*receiver, 3);
    ASSERT_EQ(first.size(), 3u);
    ack(*receiver, {first[1]});
    receiver->disconnect();
    receiver->credit(100);
    std::vector<std::uint64_t> ended;
    std::vector<ports::Delivery> again;
    const Bodies wanted = bench->features().acks_each ? Bodies{"1", "3", "4"} : Bodies{"1", "2", "3", "4"};
    eventually(*receiver, [&](const ports::Received& got) {
      ended.insert(ended.end(), got.ended.begin(), got.ended.end());
      again.insert(again.end(), got.deliveries.begin(), got.deliveries.end());
      return again.size() == wanted.size();
    });
    EXPECT_EQ(std::ranges::count(ended, first[0].session), 1);
    ASSERT_EQ(bodies(again), wanted);
    for (const auto& one : again)
      if (one.body != "4") { EXPECT_TRUE(one.redelivered) << one.body; }
    if (!bench->features().prefetches) { EXPECT_FALSE(again.back().redelivered); }
    EXPECT_NE(again[0].session, first[0].session);
    ack(*receiver, again);
    poll(*receiver);
    receiver->disconnect();
  }
}

TEST_P(TransportConformance, G1_NoLoss_an_ack_of_a_dead_session_counts_for_nothing) {
  for (const auto& queue : {by_key, in_any_order}) {
    const auto receiver = subscribe(queue);
    publish_to(queue, {"1"});
    const auto first = take(*receiver, 1);
    receiver->disconnect();
    ack(*receiver, first);
    const auto again = take(*receiver, 1);
    ASSERT_EQ(bodies(again), Bodies{"1"});
    ack(*receiver, first);
    poll(*receiver);
    expect_depth(queue.name, {.ready = 1, .handed_out = 1});
    ack(*receiver, again);
    poll(*receiver);
    expect_depth(queue.name, {});
    receiver->disconnect();
  }
}

TEST_P(TransportConformance, an_acked_event_is_gone_for_good) {
  for (const auto& queue : {by_key, in_any_order}) {
    auto receiver = subscribe(queue);
    publish_to(queue, {"1", "2"});
    ack(*receiver, take(*receiver, 2));
    poll(*receiver);
    receiver.reset();
    const auto next = another(queue);
    if (bench->features().sees_what_others_have || !queue.by_key) {
      EXPECT_TRUE(eventually(*next, [](const auto& got) { return got.empty && got.deliveries.empty(); }));
    }
    expect_depth(queue.name, {});
    next->disconnect();
  }
}

TEST_P(TransportConformance, G4_Order_one_receiver_at_a_time_and_the_next_begins_at_the_lowest) {
  const auto first = subscribe(by_key), second = another(by_key);
  publish_to(by_key, {"1", "2", "3"});
  const auto taken = take(*first, 3);
  ASSERT_EQ(taken.size(), 3u);
  const auto standing_by = poll(*second);
  EXPECT_TRUE(standing_by.deliveries.empty());
  EXPECT_TRUE(standing_by.connected);
  EXPECT_FALSE(standing_by.empty);
  publish_to(by_key, {"4"});
  EXPECT_TRUE(poll(*second).deliveries.empty());
  ack(*first, {taken[1]});
  poll(*first);
  first->disconnect();
  const Bodies left = bench->features().acks_each ? Bodies{"1", "3", "4"} : Bodies{"1", "2", "3", "4"};
  EXPECT_EQ(bodies(take(*second, left.size())), left);
  EXPECT_TRUE(poll(*first).deliveries.empty());
}

TEST_P(TransportConformance, events_of_a_receiver_that_dies_go_to_the_next) {
  if (!bench->features().takes_over_from_the_dead) GTEST_SKIP();
  for (const auto& queue : {by_key, in_any_order}) {
    auto first = subscribe(queue);
    const auto second = another(queue);
    publish_to(queue, {"1", "2"});
    ASSERT_EQ(take(*first, 2).size(), 2u);
    EXPECT_TRUE(poll(*second).deliveries.empty());
    first.reset();
    const auto again = take(*second, 2);
    EXPECT_EQ(bodies(again), (Bodies{"1", "2"}));
    for (const auto& e : again) EXPECT_TRUE(e.redelivered);
    ack(*second, again);
    poll(*second);
    second->disconnect();
  }
}

TEST_P(TransportConformance, receivers_in_any_order_share_and_none_gets_what_another_has) {
  if (!bench->features().shares_each) GTEST_SKIP() << "the events of a key are one receiver's";
  const auto first = subscribe(in_any_order), second = another(in_any_order);
  first->credit(2);
  publish_to(in_any_order, {"1", "2", "3"});
  const auto mine = take(*first, 2);
  EXPECT_EQ(bodies(mine), (Bodies{"1", "2"}));
  EXPECT_EQ(bodies(take(*second, 1)), Bodies{"3"});
  EXPECT_TRUE(poll(*second).deliveries.empty());
  ack(*first, mine);
  EXPECT_TRUE(poll(*first).deliveries.empty());
  EXPECT_TRUE(poll(*second).deliveries.empty());
}

TEST_P(TransportConformance, says_empty_only_when_it_knows) {
  for (const auto& queue : {by_key, in_any_order}) {
    const auto receiver = subscribe(queue);
    if (bench->features().sees_what_others_have || !queue.by_key) {
      EXPECT_TRUE(eventually(*receiver, [](const auto& got) { return got.empty; }));
    }
    publish_to(queue, {"1", "2"});
    receiver->credit(1);
    ports::Received got;
    receiver->pump(soon(), got);
    ASSERT_EQ(got.deliveries.size(), 1u);
    EXPECT_FALSE(got.empty);  // "2" waits
    EXPECT_FALSE(poll(*receiver).empty);
    receiver->credit(2);
    EXPECT_EQ(take(*receiver, 1).size(), 1u);
    EXPECT_TRUE(
        eventually(*receiver, [](const auto& more) { return more.empty; }));  // nothing else, though both are open
    receiver->disconnect();
  }
}

TEST_P(TransportConformance, a_queue_is_not_empty_while_another_receiver_has_of_it) {
  if (!bench->features().shares_each) GTEST_SKIP() << "the events of a key are one receiver's";
  const auto first = subscribe(in_any_order), second = another(in_any_order);
  first->credit(1);
  publish_to(in_any_order, {"1", "2"});
  const auto taken = take(*first, 1);
  ports::Received got;
  second->pump(soon(), got);
  EXPECT_EQ(bodies(got.deliveries), Bodies{"2"});
  EXPECT_FALSE(got.empty);
  EXPECT_FALSE(poll(*second).empty);
  ack(*first, taken);
  poll(*first);
  if (bench->features().sees_what_others_have) {
    EXPECT_TRUE(eventually(*second, [](const auto& later) { return later.empty; }));
  }
}

TEST_P(TransportConformance, a_receiver_that_is_called_comes_back) {
  const auto receiver = subscribe(by_key);
  eventually(*receiver, [](const auto& got) { return got.connected; });
  receiver->wake();
  ports::Received got;
  receiver->pump(now() + std::chrono::hours(1), got);
  EXPECT_TRUE(got.deliveries.empty());
}

TEST_P(TransportConformance, a_receiver_that_is_ended_gives_its_events_back) {
  const auto first = subscribe(by_key), second = another(by_key);
  publish_to(by_key, {"1"});
  const auto taken = take(*first, 1);
  ASSERT_EQ(taken.size(), 1u);
  first->abort();
  ports::Received got;
  first->pump(now() + std::chrono::hours(1), got);
  EXPECT_FALSE(got.connected);
  EXPECT_NE(got.problem, "");
  EXPECT_EQ(std::ranges::count(got.ended, taken[0].session), 1);
  EXPECT_EQ(bodies(take(*second, 1)), Bodies{"1"});
}

}  // namespace holdfast::conformance
