// Copies in a DLQ of RabbitMQ that others had their hands on: doubled, purged, or dead at the broker while the event waits for its retry.
#include "rabbitmq/dlq.hpp"

namespace holdfast::rabbit_test {
namespace {

struct G1_DlqCopies : DlqOnServers {};
struct G3_DlqCopies : DlqOnServers {};

TEST_F(G3_DlqCopies, ACopyThatIsThereTwiceIsOneDeadLetterAndOneEffect) {
  const auto id = dead_letter();
  ASSERT_TRUE(client.move(dlq, dlq, 2));
  EXPECT_EQ(client.ready(dlq), 2);
  EXPECT_EQ(list().size(), 1u);
  ASSERT_TRUE(client.move(dlq, queue) && client.move(dlq, queue));
  EXPECT_TRUE(shop->ears.until([](const Ears::Heard& heard) { return heard.settled("shop") >= 3; }));
  expect_one_effect(id);
  EXPECT_EQ(client.ready(dlq), 0);
}

TEST_F(G3_DlqCopies, ACopyThatIsThereTwiceIsTakenInAsKnownTwice) {
  const auto id = dead_letter();
  ASSERT_TRUE(client.move(dlq, dlq, 2));
  EXPECT_EQ(command({"import"}).out, imported(0, 2));
  EXPECT_EQ(list().size(), 1u);
  EXPECT_EQ(command({"replay", "--yes"}).code, 0);
  expect_one_effect(id);
}

TEST_F(G1_DlqCopies, WhoPurgesTheDlqTakesCopiesAlone) {
  const auto id = dead_letter();
  client.purge(dlq);
  EXPECT_EQ(client.ready(dlq), 0);
  EXPECT_EQ(command({"import"}).out, imported(0, 0));
  const auto rows = list();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].at("reason").string(), "rejected");
  EXPECT_EQ(command({"replay", "--yes"}).code, 0);
  expect_one_effect(id);
}

/// Its retries wait at the broker for so long that only this test brings them back.
struct RetryCopies : DlqOnServers {
  static constexpr auto waiting = "shop.test-placed.retry.1h.q", aside = "aside";
  RetryCopies() {
    shop.reset();
    restart();
    client.declare(aside, {});
  }
  void restart() { start(false, {.delays = {std::chrono::hours(1), std::chrono::hours(1)}, .via = RetryVia::broker}); }
  /// It failed once more, and its copy waits at the broker.
  EventId retrying() {
    busy = true;
    const auto id = publish();
    EXPECT_TRUE(eventually([&] { return client.ready(waiting) == 1; }));
    return id;
  }
  void stop() { shop.reset(), busy = false; }
  /// By another program, again and again, until the broker has enough.
  void give_back_until_dead() {
    while (const auto taken = client.take(queue)) client.reject(*taken, true);
    EXPECT_TRUE(eventually([&] { return client.ready(dlq) == 1; })) << "beyond the delivery limit";
  }
};
struct G1_RetryCopies : RetryCopies {};
struct G3_RetryCopies : RetryCopies {};

TEST_F(G1_RetryCopies, ACopyThatDiesAtTheBrokerIsTakenInAndCanBeReplayed) {
  const auto id = retrying();
  stop();
  ASSERT_TRUE(client.move(waiting, queue));
  give_back_until_dead();
  EXPECT_EQ(fate(id), "retrying");
  EXPECT_EQ(command({"import"}).out, imported(1, 0));
  const auto rows = list();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].at("reason").string(), "broker");
  EXPECT_EQ(command({"replay", "--yes"}).code, 0);
  restart();
  expect_one_effect(id);
}

/// A later copy is on its way: the event goes on with that one.
TEST_F(G3_RetryCopies, AnEarlierCopyThatDiesAtTheBrokerChangesNothing) {
  const auto id = retrying();
  ASSERT_TRUE(client.move(waiting, aside, 2));
  ASSERT_TRUE(client.move(aside, queue));
  EXPECT_TRUE(eventually([&] { return client.ready(waiting) == 1; })) << "its second copy";
  stop();
  ASSERT_TRUE(client.move(aside, queue));
  give_back_until_dead();
  EXPECT_EQ(command({"import"}).out, imported(0, 1));
  EXPECT_EQ(fate(id), "retrying");
  EXPECT_EQ(list().size(), 0u);
  ASSERT_TRUE(client.move(waiting, queue));
  restart();
  expect_one_effect(id);
}

}  // namespace
}  // namespace holdfast::rabbit_test
