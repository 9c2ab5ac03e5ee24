// Queues, bindings, dead-letter queues, wait queues, depths.
#include "suite.hpp"

namespace holdfast::conformance {

using ports::Outcome;

TEST_P(TransportConformance, declaring_again_changes_nothing) {
  const ports::Queue queue{"inventory.q", {"order.created.*", "order.cancelled.*"}};
  auto& topology = transport.topology();
  EXPECT_TRUE(topology.declare(queue).restored.empty());
  publish_all({"1"});
  EXPECT_TRUE(topology.declare(queue).restored.empty());
  expect_depth("inventory.q", {.ready = 1});
}

TEST_P(TransportConformance, a_release_that_wants_more_binds_more_and_one_that_wants_less_takes_nothing_away) {
  auto& topology = transport.topology();
  topology.declare({"q", {"order.created.*"}});
  EXPECT_TRUE(topology.declare({"q", {"order.created.*", "stock.#"}}).restored.empty());
  EXPECT_TRUE(topology.declare({"q", {"order.created.*"}}).restored.empty());
  EXPECT_EQ(publish({event("1", "stock.reserved.v1")}).at(0).outcome, Outcome::confirmed);
  expect_depth("q", {.ready = 1});
}

TEST_P(TransportConformance, a_binding_that_was_removed_is_put_back_and_reported) {
  const ports::Queue queue{"q", {"order.created.*", "order.cancelled.*"}};
  auto& topology = transport.topology();
  topology.declare(queue);
  bench->remove_binding("q", "order.cancelled.*");
  const auto cancelled = event("1", "order.cancelled.v1");
  if (transport.publisher()->traits().reports_unroutable) {
    EXPECT_EQ(publish({cancelled}).at(0).outcome, Outcome::returned);
  }
  const auto restored = topology.declare(queue).restored;
  if (bench->features().sees_missing_bindings) { EXPECT_EQ(restored, std::vector<std::string>{"order.cancelled.*"}); }
  EXPECT_TRUE(topology.declare(queue).restored.empty());
  EXPECT_EQ(publish({cancelled}).at(0).outcome, Outcome::confirmed);
}

// It was deleted while its consumer was down, or the broker is another one: what waited in it has to be sent again.
TEST_P(TransportConformance, a_queue_that_its_consumer_remembers_and_is_not_there_is_made_and_reported) {
  ports::Queue queue{"inventory.q", {"order.created.*", "stock.#"}};
  queue.was_there = true;
  auto& topology = transport.topology();
  const auto declared = topology.declare(queue);
  if (bench->features().sees_missing_queues) {
    EXPECT_EQ(declared.restored, queue.patterns);
    EXPECT_TRUE(declared.queue_was_gone);
  }
  EXPECT_TRUE(topology.declare(queue).restored.empty()) << "told once";
  publish_all({"1"});
  expect_depth("inventory.q", {.ready = 1});
}

TEST_P(TransportConformance, who_makes_such_a_queue_for_a_consumer_is_told_too) {
  ports::Queue queue{"inventory.q", {"order.created.*", "stock.#"}};
  auto& topology = transport.topology();
  const auto apply = [&](const ports::Queue& wanted) {
    ports::Declared missed;
    topology.apply(wanted, missed);
    return missed;
  };
  EXPECT_TRUE(apply({"new.q", {"#"}}).restored.empty()) << "nobody remembers it";
  queue.was_there = true;
  const auto made = apply(queue);
  if (bench->features().sees_missing_queues) {
    EXPECT_EQ(made.restored, queue.patterns);
    EXPECT_TRUE(made.queue_was_gone);
  }
  EXPECT_TRUE(apply(queue).restored.empty()) << "told once";
  EXPECT_TRUE(topology.declare(queue).restored.empty()) << "nor has its consumer anything to tell";
  publish_all({"1"});
  expect_depth("inventory.q", {.ready = 1});
}

TEST_P(TransportConformance, each_queue_has_a_dead_letter_queue) {
  const ports::Queue queue{"inventory.order-created.q", {"#"}};
  const auto receiver = subscribe(queue);
  EXPECT_EQ(receiver->dead_letter_destination(), "inventory.order-created" + bench->features().dead_letters);
  auto dead = event("dead");
  dead.destination = receiver->dead_letter_destination();
  EXPECT_EQ(publish({dead}).at(0).outcome, Outcome::confirmed);
  expect_depth(queue.name, {.dead_letters = 1});

  const auto import = transport.dead_letters(queue.name, "import");
  import->credit(10);
  const auto got = take(*import, 1);
  EXPECT_EQ(bodies(got), Bodies{"dead"});
  EXPECT_EQ(import->dead_letter_destination(), "");
  ack(*import, got);
  poll(*import);
  expect_depth(queue.name, {});
}

// The import goes on with the next one then.
TEST_P(TransportConformance, tells_that_a_dead_letter_queue_is_not_there) {
  if (!bench->features().tells_missing) GTEST_SKIP();
  const auto import = transport.dead_letters("nobodys", "import");
  import->credit(10);
  EXPECT_TRUE(eventually(*import, [](const auto& got) { return got.missing && !got.connected; }));
  const ports::Queue queue{"nobodys", {"#"}};
  subscribe(queue);
  EXPECT_TRUE(eventually(*import, [](const auto& got) { return !got.missing && got.connected; }));
}

// Nothing is behind it: a limit of deliveries, as a work queue may have, would lose what it holds.
TEST_P(TransportConformance, a_dead_letter_queue_keeps_what_it_hands_out_however_often) {
  const ports::Queue queue{"q", {"#"}};
  auto dead = event("dead");
  dead.destination = subscribe(queue)->dead_letter_destination();
  EXPECT_EQ(publish({dead}).at(0).outcome, Outcome::confirmed);
  const auto import = transport.dead_letters(queue.name, "import");
  import->credit(1);
  for (int times = 0; times < bench->features().sessions; ++times) {
    ASSERT_EQ(bodies(take(*import, 1)), Bodies{"dead"}) << times;
    import->disconnect();
  }
  expect_depth(queue.name, {.dead_letters = 1});
}

TEST_P(TransportConformance, tells_how_much_waits_and_how_much_was_handed_out) {
  for (const bool by_key : {true, false}) {
    const std::string queue = by_key ? "keyed" : "loose";
    const auto receiver = subscribe({queue, {queue + ".v1"}, by_key});
    receiver->credit(2);
    publish_to({queue, {queue + ".v1"}}, {"1", "2", "3"});
    expect_depth(queue, {.ready = 3});
    const auto taken = take(*receiver, 2);
    expect_depth(queue, {.ready = 3, .handed_out = 2});
    ack(*receiver, {taken.at(0)});
    receiver->credit(0);
    poll(*receiver);
    expect_depth(queue, {.ready = 2, .handed_out = 1});
    receiver->disconnect();
  }
}

TEST_P(TransportConformance, a_wait_queue_gives_its_events_back_after_its_delay) {
  using namespace std::chrono_literals;
  const auto receiver = subscribe({"q", {"#"}, false, {1s, 5s}});
  const bool has = bench->features().delay_queues;
  EXPECT_EQ(receiver->traits().delay_queues, has);
  EXPECT_EQ(receiver->destination_after(5s).empty(), !has);
  if (!has) return;
  auto slow = event("slow"), quick = event("quick");
  slow.destination = receiver->destination_after(5s), quick.destination = receiver->destination_after(1s);
  for (const auto& result : publish({slow, quick})) EXPECT_EQ(result.outcome, Outcome::confirmed);
  EXPECT_TRUE(poll(*receiver).deliveries.empty());
  bench->pass(1s);
  EXPECT_EQ(bodies(take(*receiver, 1)), Bodies{"quick"});
  EXPECT_TRUE(poll(*receiver).deliveries.empty());
  bench->pass(4s);
  EXPECT_EQ(bodies(take(*receiver, 1)), Bodies{"slow"});
}

}  // namespace holdfast::conformance
