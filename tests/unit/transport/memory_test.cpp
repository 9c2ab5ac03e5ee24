// What a test can do to the bus in memory. That it behaves as a transport must is shown in conformance.
#include <gtest/gtest.h>

#include "holdfast/errors.hpp"
#include "transport/memory/bus.hpp"

namespace holdfast::transport::memory {
namespace {

using ports::Outcome;
using ports::SessionState;

struct StoppedClock : ports::Clock {
  ports::Tick steady() const override { return {}; }
  Timestamp utc() const override { return {}; }
};

class MemoryBus : public ::testing::Test {
 protected:
  MemoryBus() {
    bus.topology().declare(queue);
    receiver->credit(100);
  }
  static ports::OutgoingEvent event(const std::string& body, std::string key = "1") {
    ports::OutgoingEvent out;
    out.id = EventId::of_body(body), out.type = "order.created.v1", out.key = std::move(key), out.envelope = body;
    return out;
  }
  std::vector<ports::PublishResult> publish(ports::Publisher& session,
                                            const std::vector<ports::OutgoingEvent>& events) {
    for (std::size_t i = 0; i < events.size(); ++i) EXPECT_TRUE(session.accept({i, &events[i]}));
    std::vector<ports::PublishResult> results;
    state = session.pump({}, results);
    return results;
  }
  ports::Received pump() {
    ports::Received got;
    receiver->pump({}, got);
    return got;
  }

  StoppedClock clock;
  Bus bus{clock};
  const ports::Queue queue{"q", {"order.#"}};
  const std::unique_ptr<ports::Publisher> publisher = bus.publisher();
  const std::unique_ptr<ports::Receiver> receiver = bus.receiver(queue, "test");
  SessionState state = SessionState::open;
};

TEST_F(MemoryBus, shows_what_was_sent_and_sends_it_again) {
  publish(*publisher, {event("a"), event("b")});
  ASSERT_EQ(bus.sent().size(), 2u);
  EXPECT_EQ(bus.sent()[1], event("b"));
  EXPECT_EQ(pump().deliveries.size(), 2u);
  EXPECT_TRUE(bus.deliver_again(event("a").id));
  EXPECT_FALSE(bus.deliver_again(event("never sent").id));
  const auto again = pump().deliveries;
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].body, "a");
  EXPECT_FALSE(again[0].redelivered);  // a second event under one id: the inbox must tell, not the bus
  EXPECT_EQ(bus.sent().size(), 2u);
}

TEST_F(MemoryBus, takes_foreign_bytes_by_type_or_into_one_queue) {
  EXPECT_EQ(bus.publish({.type = "order.created.v1", .body = "{", .headers = {{ports::header_copy, "2"}}}), 1);
  EXPECT_EQ(bus.publish({.type = "stock.reserved.v1", .body = "nobody's"}), 0);
  EXPECT_EQ(bus.publish({.type = "", .body = "direct", .message_id = "7", .queue = "q"}), 1);
  EXPECT_EQ(bus.publish({.type = "", .body = "astray", .queue = "no such queue"}), 0);
  const auto got = pump().deliveries;
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].body, "{");
  EXPECT_EQ(got[0].copy, 2);
  EXPECT_EQ(got[1].body, "direct");
  EXPECT_EQ(got[1].message_id, "7");
}

TEST_F(MemoryBus, refuses_as_it_is_told_and_holds_back_what_follows) {
  bus.next_outcome(Outcome::nacked);
  const auto results = publish(*publisher, {event("a"), event("b"), event("c", "2")});
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].outcome, Outcome::nacked);
  EXPECT_EQ(results[1].outcome, Outcome::returned);
  EXPECT_EQ(results[2].outcome, Outcome::confirmed);
  EXPECT_EQ(state, SessionState::open);
  EXPECT_EQ(pump().deliveries.size(), 1u);
}

TEST_F(MemoryBus, loses_a_confirm_though_the_event_arrived) {
  bus.next_outcome(Outcome::unknown);
  const auto results = publish(*publisher, {event("a"), event("b")});
  EXPECT_EQ(results.at(0).outcome, Outcome::unknown);
  EXPECT_EQ(results.at(1).outcome, Outcome::unknown);
  EXPECT_EQ(state, SessionState::closed);
  EXPECT_TRUE(bus.sent().empty());
  const auto got = pump().deliveries;
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].body, "a");
}

TEST_F(MemoryBus, drops_its_sessions) {
  publish(*publisher, {event("a")});
  const auto first = pump().deliveries;
  ASSERT_EQ(first.size(), 1u);
  bus.drop_sessions();
  receiver->ack(std::vector<ports::Position>{{first[0].session, first[0].tag}});  // too late
  const auto again = pump();
  EXPECT_EQ(again.ended, std::vector{first[0].session});
  ASSERT_EQ(again.deliveries.size(), 1u);
  EXPECT_TRUE(again.deliveries[0].redelivered);
  publish(*publisher, {event("b")});
  EXPECT_EQ(state, SessionState::closed);
}

TEST_F(MemoryBus, goes_away_and_comes_back_with_what_it_had) {
  publish(*publisher, {event("a")});
  bus.set_away(true);
  EXPECT_FALSE(pump().connected);
  EXPECT_NE(pump().problem, "");
  EXPECT_THROW(bus.publisher(), Unavailable);
  EXPECT_THROW(bus.topology().declare(queue), Unavailable);
  bus.set_away(false);
  EXPECT_EQ(pump().deliveries.size(), 1u);
  EXPECT_EQ(publish(*bus.publisher(), {event("b")}).at(0).outcome, Outcome::confirmed);
}

}  // namespace
}  // namespace holdfast::transport::memory
