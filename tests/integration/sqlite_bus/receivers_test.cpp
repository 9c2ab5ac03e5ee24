// Receivers in several processes, and what happens when they die or hang.
#include <algorithm>

#include "bus_folder.hpp"
#include "child.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::bus_test {
namespace {

class SqliteBusReceivers : public BusFolder {};

/// Both clocks, moved by hand.
struct HandClock : ports::Clock {
  ports::Tick steady() const override { return ports::Tick(passed); }
  Timestamp utc() const override { return Timestamp(std::chrono::hours(500'000) + passed); }
  ports::Millis passed{0};
};

TEST_F(SqliteBusReceivers, G1_NoLoss_what_a_killed_receiver_had_is_free_at_once) {
  const auto bus = open(file());
  for (const bool by_key : {true, false}) {
    const std::string queue = by_key ? "keyed" : "loose";
    bus->topology().declare({queue, {"order.#"}, by_key});
    publish(*bus, {"1", "2", "3"});
    Child other({"hold", file(), queue, "3"});
    for (const auto& body : {"1", "2", "3"}) other.expect(body);
    const auto receiver = receive(*bus, queue);
    EXPECT_TRUE(poll(*receiver).deliveries.empty());
    other.kill();
    const auto again = take(*receiver, 3);  // the lease itself lasts an hour
    EXPECT_EQ(bodies(again), (std::vector<std::string>{"1", "2", "3"}));
    for (const auto& e : again) EXPECT_TRUE(e.redelivered);
    ack(*receiver, again);
  }
}

TEST_F(SqliteBusReceivers, G4_Order_of_two_processes_one_is_active_and_the_other_goes_on_where_it_stopped) {
  const auto bus = open(file());
  bus->topology().declare({"keyed", {"order.#"}, true});
  Child first({"consume", file(), "keyed", "20"});
  first.expect("ready");  // it has the queue
  Child second({"consume", file(), "keyed", "20"});
  second.expect("ready");
  publish(*bus, numbers(1, 41));
  for (int i = 1; i <= 20; ++i) first.expect(std::to_string(i));
  first.kill();
  second.expect("21 again");
  for (int i = 22; i <= 40; ++i) second.expect(std::to_string(i));
  EXPECT_EQ(bus->topology().depth("keyed").ready, 1);
}

TEST_F(SqliteBusReceivers, an_event_of_another_process_is_found_without_a_call) {
  const auto bus = open(file());
  bus->topology().declare({"keyed", {"order.#"}, true});
  const auto receiver = receive(*bus, "keyed");
  ports::Received got;
  receiver->pump(ports::system_clock().steady() + 50ms, got);
  EXPECT_TRUE(got.connected);
  const Child other({"publish", file(), "1"});  // it takes a while to start: the pump is there before
  receiver->pump(ports::system_clock().steady() + 20s, got);
  EXPECT_FALSE(got.deliveries.empty()) << got.problem;
}

TEST_F(SqliteBusReceivers, a_receiver_that_hangs_loses_its_lease_and_says_so) {
  for (const bool by_key : {true, false}) {
    HandClock clock;
    const auto bus = open(file(), clock);
    const std::string queue = by_key ? "keyed" : "loose";
    bus->topology().declare({queue, {"order.#"}, by_key});
    publish(*bus, {"1"});
    const auto first = receive(*bus, queue), second = receive(*bus, queue);
    const auto taken = poll(*first).deliveries;
    ASSERT_EQ(taken.size(), 1u);
    for (int i = 0; i < 4; ++i) {  // pumped while its handler runs: renewed
      clock.passed += 40min;
      EXPECT_TRUE(poll(*first).ended.empty());
      EXPECT_TRUE(poll(*second).deliveries.empty());
    }
    clock.passed += 61min;
    EXPECT_EQ(poll(*second).deliveries.size(), 1u);
    EXPECT_EQ(poll(*first).ended, std::vector{taken[0].session});
    EXPECT_TRUE(poll(*first).deliveries.empty());
    EXPECT_TRUE(poll(*first).connected);
  }
}

TEST_F(SqliteBusReceivers, an_ack_counts_though_the_lease_went_to_another) {
  HandClock clock;
  const auto bus = open(file(), clock);
  bus->topology().declare({"loose", {"order.#"}, false});
  publish(*bus, {"1", "2"});
  const auto first = receive(*bus, "loose"), second = receive(*bus, "loose");
  const auto taken = poll(*first).deliveries;
  ASSERT_EQ(taken.size(), 2u);
  ack(*first, {taken[0]});
  clock.passed += 61min;
  EXPECT_EQ(bodies(poll(*second).deliveries), std::vector<std::string>{"2"});
}

TEST_F(SqliteBusReceivers, a_queue_that_changes_its_ordering_keeps_what_it_knows) {
  const auto bus = open(file());
  bus->topology().declare({"q", {"order.#"}, true});
  publish(*bus, {"1", "2"});
  auto receiver = receive(*bus, "q", 1);
  EXPECT_EQ(take(*receiver, 1).size(), 1u);
  EXPECT_THROW(bus->topology().declare({"q", {"order.#"}, false}), Invalid);  // somebody receives it by key
  receiver.reset();

  bus->topology().declare({"q", {"order.#"}, false});
  receiver = receive(*bus, "q");
  auto got = take(*receiver, 2);
  std::ranges::sort(got, {}, &ports::Delivery::body);
  ASSERT_EQ(bodies(got), (std::vector<std::string>{"1", "2"}));
  EXPECT_TRUE(got[0].redelivered);
  EXPECT_FALSE(got[1].redelivered);
  receiver.reset();

  bus->topology().declare({"q", {"order.#"}, true});
  receiver = receive(*bus, "q");
  got = take(*receiver, 2);
  ASSERT_EQ(bodies(got), (std::vector<std::string>{"1", "2"}));
  EXPECT_TRUE(got[1].redelivered);
}

}  // namespace
}  // namespace holdfast::bus_test
