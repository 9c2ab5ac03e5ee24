// Hosts on RabbitMQ: outbox, broker and inbox together, through a killed broker, by its wait queues, into its DLQ.
#include <csignal>

#include "holdfast/sqlite.hpp"
#include "integration/host/place.hpp"
#include "rabbitmq/fixture.hpp"

namespace holdfast::rabbit_test {
namespace {

using host_test::Ears;
using host_test::Placed;
using host_test::Seen;
using Strings = std::vector<std::string>;

struct RabbitHost : ::testing::Test {
  RabbitHost() {
    ears.listen(host);
    host.store().transact([](Transaction& tx) { tx.exec("CREATE TABLE effects(what TEXT)"); });
  }
  ~RabbitHost() override {
    if (!server().running()) server().start();
  }
  HostOptions options() {
    return {.name = "test",
            .store = sqlite::open({.file = folder.file("test.db")}),
            .transport = holdfast::rabbitmq::open(vhost.options()),
            .log = [](const LogLine&) {},
            .on_dead_letter = [this](const DeadLetter& letter) { dead.add(letter.reason + ": " + letter.error); }};
  }
  void publish(int key, const std::string& text) {
    host.store().transact([&](Transaction& tx) { host.outbox().publish(tx, Placed{key, text}); });
  }
  static void effect(Context& ctx, const Placed& placed) {
    ctx.tx().exec("INSERT INTO effects(what) VALUES ($1)", std::to_string(placed.orderId) + " " + placed.text);
  }
  Strings effects() {
    return host.store().transact([](Transaction& tx) {
      const auto rows = tx.query<std::string>("SELECT what FROM effects ORDER BY rowid");
      return Strings(rows.begin(), rows.end());
    });
  }
  bool receives(const std::string& consumer) {
    return ears.until([&](const Ears::Heard& heard) { return heard.connected.contains(consumer); });
  }

  Vhost vhost;
  host_test::Folder folder;
  Seen dead;
  Ears ears;
  Host host{options()};
};

TEST_F(RabbitHost, G4_Order_ThroughAKilledBrokerEachEffectOnceAndInOrder) {
  constexpr int keys = 10, each = 30;
  host.subscribe({.consumer = "ordered"}, [](Context& ctx, const Placed& placed) { effect(ctx, placed); });
  host.start();
  ASSERT_TRUE(receives("ordered"));
  server().ctl({"eval", "[dets:sync(T) || T <- dets:all()]."});
  for (int n = 0; n < each; ++n) {
    for (int k = 0; k < keys; ++k) publish(k, std::to_string(n));
    if (n == each / 2) {
      ASSERT_TRUE(ears.handled("ordered", keys));
      server().stop(SIGKILL);
    }
  }
  EXPECT_TRUE(ears.until([](const Ears::Heard& heard) { return heard.disconnected.contains("ordered"); }));
  EXPECT_TRUE(host.health().ready) << host.health().detail;
  server().start();
  ASSERT_TRUE(ears.handled("ordered", keys * each));
  std::map<std::string, Strings> by_key;
  for (const auto& what : effects()) by_key[what.substr(0, what.find(' '))].push_back(what.substr(what.find(' ') + 1));
  Strings right;
  for (int n = 0; n < each; ++n) right.push_back(std::to_string(n));
  EXPECT_EQ(by_key.size(), static_cast<std::size_t>(keys));
  for (const auto& [key, seen] : by_key) EXPECT_EQ(seen, right) << key;
  EXPECT_TRUE(ears.marked(keys * each));
}

TEST_F(RabbitHost, RetriesByTheBrokersWaitQueuesAndTheDeadGoToItsDlq) {
  host.subscribe({.consumer = "loose",
                  .ordering = Ordering::none,
                  .retry = {.delays = {ports::Millis(50), ports::Millis(80)}, .via = RetryVia::broker}},
                 [](Context& ctx, const Placed& placed) {
                   if (placed.text == "never" || (placed.text == "twice" && ctx.info().attempt < 3))
                     throw std::runtime_error("the gateway says no");
                   effect(ctx, placed);
                 });
  host.start();
  for (const auto* text : {"never", "twice", "at once"}) publish(1, text);
  ASSERT_TRUE(ears.dead("loose", 1));
  ASSERT_TRUE(ears.handled("loose", 2));
  EXPECT_EQ(effects(), (Strings{"1 at once", "1 twice"}));
  EXPECT_EQ(dead.all(), Strings{"exhausted: the gateway says no"});
  EXPECT_EQ(ears.counts("loose").retrying, 4) << "two failures of each waited at the broker";
  EXPECT_TRUE(ears.marked(3 + 4 + 1)) << "the events, their retries, and one copy for the DLQ";
  const auto broker = RabbitTest::open(vhost.options());
  const auto receiver = broker->dead_letters("loose.test-placed.q", "test");
  receiver->credit(10);
  const auto letters = RabbitTest::take(*receiver, 1);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].headers.at(ports::header_reason), "exhausted");
  EXPECT_EQ(letters[0].headers.at(ports::header_error), "the gateway says no");
}

TEST_F(RabbitHost, AQueueThatIsDeclaredOtherwiseStopsTheStart) {
  RabbitTest::open(vhost.options())->topology().declare({"taken.q", {"#"}, true});
  host.subscribe({.consumer = "loose", .queue = "taken.q", .ordering = Ordering::none},
                 [](Context& ctx, const Placed& placed) { effect(ctx, placed); });
  EXPECT_NE(RabbitTest::why<Invalid>([&] { host.start(); }).find("x-single-active-consumer"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::rabbit_test
