// What a publisher says when the broker does not take an event: full, too large, no place to go, no right, no bytes for it.
#include <algorithm>
#include <optional>

#include "rabbitmq/fixture.hpp"

namespace holdfast::rabbit_test {
namespace {

using transport::rabbitmq::Table;

struct RabbitPublisher : RabbitTest {
  std::unique_ptr<ports::Publisher> publisher = broker->publisher();
  Results results;
};

/// A queue with a limit takes some more than that, refuses, and takes again: in one session. That is why one of a key flies at a time.
TEST_F(RabbitPublisher, G1_NoLoss_AFullQueueIsANackAndNoEnd) {
  Client other(vhost.url());
  Table full;
  full.text("x-queue-type", "quorum").integer("x-max-length", 2).text("x-overflow", "reject-publish");
  other.declare("full", std::move(full));
  std::uint64_t sent = 0;
  const auto next_is = [&](Outcome outcome) {
    const auto one = to("full", std::to_string(sent));
    EXPECT_TRUE(publisher->accept({sent++, &one}));
    pump(*publisher, results, sent);
    return results.size() == sent && results.back().outcome == outcome;
  };
  const auto end = soon();
  while (!next_is(Outcome::nacked)) ASSERT_LT(now(), end);
  EXPECT_NE(results.back().error, "");
  const auto taken = static_cast<std::size_t>(count(results, Outcome::confirmed));
  EXPECT_EQ(other.ready("full"), static_cast<std::int64_t>(taken));
  const auto receiver = broker->receiver({"full", {}, false}, "test");
  receiver->credit(1'000);
  ack(*receiver, take(*receiver, taken));
  receiver->disconnect();
  while (!next_is(Outcome::confirmed)) ASSERT_LT(now(), end);
}

TEST_F(RabbitPublisher, G5_Isolation_WhatAmqpCannotHoldIsRefusedAloneAndTheSessionGoesOn) {
  subscribe({"q", {"#"}});
  auto long_type = event("1"), long_name = event("2"), long_headers = event("3");
  long_type.type = std::string(256, 't');
  long_name.headers[std::string(256, 'n')] = "1";
  long_headers.headers["note"] = std::string(140'000, 'h');
  const auto all = publish({long_type, long_name, event("good"), long_headers, to(std::string(256, 'q'), "4")});
  for (const auto i : {0u, 1u, 3u, 4u}) {
    EXPECT_EQ(all.at(i).outcome, Outcome::refused) << i;
    EXPECT_NE(all.at(i).error.find("255"), std::string::npos) << all.at(i).error;
  }
  EXPECT_EQ(all.at(2).outcome, Outcome::confirmed);
}

/// The relay sends again, one at a time, what was open when a message was blamed.
TEST_F(RabbitPublisher, G5_Isolation_AMessageThatClosesTheChannelIsBlamed) {
  subscribe({"q", {"#"}});
  const SmallMessages small;
  publisher = broker->publisher();
  const auto fine = event("fine"), huge = event(std::string(200'000, 'x'));
  ASSERT_TRUE(publisher->accept({1, &fine}));
  ASSERT_TRUE(publisher->accept({2, &huge}));
  pump(*publisher, results, 2);
  EXPECT_EQ(publisher->pump(soon(), results), ports::SessionState::closed);
  EXPECT_EQ(results.size(), 2u);
  EXPECT_EQ(publisher->blame(), ports::Blame::a_message) << publisher->why_closed();
  EXPECT_NE(publisher->why_closed().find("406"), std::string::npos) << publisher->why_closed();
}

TEST_F(RabbitPublisher, AMissingExchangeIsBlamedOnTheSetUp) {
  const auto lost = event("lost");
  ASSERT_TRUE(publisher->accept({1, &lost}));
  EXPECT_EQ(pump(*publisher, results, 2), ports::SessionState::closed);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].outcome, Outcome::unknown);
  EXPECT_EQ(publisher->blame(), ports::Blame::the_setup);
  EXPECT_NE(publisher->why_closed().find("orders.exchange"), std::string::npos) << publisher->why_closed();
}

TEST_F(RabbitPublisher, ReturnsTellOfAllThatNoQueueWants) {
  subscribe({"q", {"order.#"}});
  std::vector<ports::OutgoingEvent> events;
  for (int i = 0; i < 300; ++i) {
    events.push_back(event(std::to_string(i)));
    if (i % 3 == 0) events.back().type = "stock.reserved.v1";
    if (i % 3 == 1) events.back().id = events.front().id;  // an id twice in the window: rows for one queue have it
  }
  const auto all = publish(events);
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(all[i].outcome, i % 3 == 0 ? Outcome::returned : Outcome::confirmed) << i;
  EXPECT_NE(all[0].error.find("stock.reserved.v1"), std::string::npos) << all[0].error;
}

/// What waits for the second time was given the broker's x-death the first time.
TEST_F(RabbitPublisher, G1_NoLoss_WaitsInTheSameWaitQueueAgainAndAgain) {
  using namespace std::chrono_literals;
  const auto receiver = subscribe({"q", {"#"}, false, {100ms}});
  auto next = to(receiver->destination_after(100ms), "again");
  for (int times = 0; times < 3; ++times) {
    ASSERT_EQ(count(publish({next}), Outcome::confirmed), 1);
    const auto got = take(*receiver, 1);
    ASSERT_EQ(bodies(got), Bodies{"again"}) << times;
    EXPECT_TRUE(got[0].headers.contains("x-death"))
        << "the broker no longer says where it was: this test tests nothing";
    EXPECT_EQ(got[0].type, "order.created.v1");
    next.headers = got[0].headers;
    ack(*receiver, got);
  }
}

/// The broker reads nothing for a while: no call hangs, and what was refused meanwhile is taken later.
TEST_F(RabbitPublisher, AMemoryAlarmBlocksAndHangsNothing) {
  subscribe({"q", {"#"}});
  std::optional<MemoryAlarm> alarm(std::in_place);
  const auto first = event("first"), large = event(std::string(1 << 20, 'x'));
  ASSERT_TRUE(publisher->accept({0, &first}));
  auto state = ports::SessionState::open;
  for (const auto end = soon(); state == ports::SessionState::open && now() < end;)
    state = publisher->pump(end, results);
  EXPECT_EQ(state, ports::SessionState::blocked);
  EXPECT_FALSE(publisher->accept({1, &large}));
  EXPECT_EQ(publisher->pump(now(), results), ports::SessionState::blocked);
  EXPECT_TRUE(results.empty());
  alarm.reset();
  EXPECT_EQ(pump(*publisher, results, 1), ports::SessionState::open);
  ASSERT_TRUE(publisher->accept({1, &large}));
  pump(*publisher, results, 2);
  EXPECT_EQ(count(results, Outcome::confirmed), 2);
}

/// A stopped broker takes no bytes: accept() says so in time, pump() keeps its time, abort() ends it.
TEST_F(RabbitPublisher, ABrokerThatDoesNotReadHangsNobody) {
  subscribe({"q", {"#"}});
  const auto large = event(std::string(1 << 20, 'x'));
  std::optional<Stopped> stopped(std::in_place);
  std::uint64_t accepted = 0;
  while (accepted < 2'000 && publisher->accept({accepted, &large})) {
    ++accepted;
    publisher->pump(now(), results);
  }
  EXPECT_GT(accepted, 0u);
  EXPECT_LT(accepted, 500u) << "it buffers without end";
  EXPECT_TRUE(results.empty());
  publisher->abort();
  EXPECT_EQ(publisher->pump(soon(), results), ports::SessionState::closed);
  stopped.reset();
  EXPECT_EQ(count(results, Outcome::unknown), static_cast<std::ptrdiff_t>(accepted));
}

TEST_F(RabbitPublisher, ASilentBrokerIsGone) {
  auto options = vhost.options();
  options.heartbeat = std::chrono::seconds(1);
  publisher = open(options)->publisher();
  const Stopped stopped;
  EXPECT_EQ(pump(*publisher, results, 1), ports::SessionState::closed);
  EXPECT_NE(publisher->why_closed().find("heartbeat"), std::string::npos) << publisher->why_closed();
  EXPECT_EQ(publisher->blame(), ports::Blame::nobody);
}

/// Idle, but pumped: it stays, though nothing is sent for many times the heartbeat.
TEST_F(RabbitPublisher, HeartbeatsKeepAnIdleSession) {
  subscribe({"q", {"#"}});
  auto options = vhost.options();
  options.heartbeat = std::chrono::seconds(1);
  publisher = open(options)->publisher();
  EXPECT_EQ(publisher->pump(now() + std::chrono::seconds(5), results), ports::SessionState::open);
  const auto late = event("late");
  ASSERT_TRUE(publisher->accept({1, &late}));
  pump(*publisher, results, 1);
  EXPECT_EQ(count(results, Outcome::confirmed), 1);
}

}  // namespace
}  // namespace holdfast::rabbit_test
