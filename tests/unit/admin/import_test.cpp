// The broker's DLQs of all consumers of a database, emptied into it.
#include "admin/import.hpp"

#include "holdfast/errors.hpp"
#include "set_aside.hpp"
#include "transport/memory/bus.hpp"

namespace holdfast::admin {
namespace {

constexpr auto queue = "inventory.order-created.q";

struct ImportTest : SetAside {
  ImportTest() : topology(static_cast<detail::TransportBase&>(bus).topology()) {
    topology.declare({queue, {"order.created.*"}});
    base()
        .inbox("inventory")
        ->open_instance({.name = "inventory@here", .queue = queue, .patterns = {"order.created.*"}});
  }
  void dead_letter(const EventId& id, const Headers& headers = {}) {
    const auto body =
        R"({"eventId":")" + id.to_string() + R"(","eventType":"order.created.v1","payload":{"orderId":7}})";
    bus.publish({"order.created.v1", body, id.to_string(), headers, ports::dead_letter_queue(queue)});
  }

  transport::memory::Bus bus{clock};
  ports::Topology& topology;
};

TEST_F(ImportTest, WhatTheBrokerDeadLetteredByItselfIsTakenIn) {
  const auto id = EventId::generate();
  dead_letter(id);
  const auto sum = import_dead_letters(base(), bus);
  EXPECT_EQ(sum.taken_in, 1);
  EXPECT_EQ(sum.known, 0);
  ASSERT_EQ(all().size(), 1u);
  EXPECT_EQ(all()[0].event.id, id);
  EXPECT_EQ(all()[0].event.reason, "broker");
  EXPECT_EQ(all()[0].consumer, "inventory");
  EXPECT_EQ(topology.depth(queue).dead_letters, 0);
}

TEST_F(ImportTest, CopiesOfWhatTheDatabaseKnowsAreDropped) {
  const auto id = set_aside("inventory");
  dead_letter(id, {{"holdfast-copy", "1"}});
  const auto sum = import_dead_letters(base(), bus);
  EXPECT_EQ(sum.taken_in, 0);
  EXPECT_EQ(sum.known, 1);
  ASSERT_EQ(all().size(), 1u);
  EXPECT_EQ(all()[0].event.reason, "exhausted");
  EXPECT_EQ(topology.depth(queue).dead_letters, 0);
}

TEST_F(ImportTest, ABrokerThatIsAwayIsWaitedForOnce) {
  for (const auto* consumer : {"mail", "payment"})
    base().inbox(consumer)->open_instance({.name = "here", .queue = std::string(consumer) + ".q", .patterns = {"#"}});
  bus.set_away(true);
  clock.runs = true;
  const auto begun = clock.steady();
  const auto sum = import_dead_letters(base(), bus);
  ASSERT_EQ(sum.not_looked_at.size(), 3u);
  EXPECT_EQ(sum.not_looked_at[1].why, "mail: likewise");
  EXPECT_LT(clock.steady() - begun, ports::Millis(10'000)) << "not once for each";
}

TEST_F(ImportTest, ABrokerThatIsAwayLosesNothing) {
  dead_letter(EventId::generate());
  bus.set_away(true);
  clock.runs = true;
  const auto sum = import_dead_letters(base(), bus);
  ASSERT_EQ(sum.not_looked_at.size(), 1u);
  EXPECT_EQ(sum.not_looked_at[0].why, "inventory: the bus in memory is away");
  EXPECT_FALSE(sum.not_looked_at[0].missing);
  bus.set_away(false);
  EXPECT_EQ(import_dead_letters(base(), bus).taken_in, 1);
}

}  // namespace
}  // namespace holdfast::admin
