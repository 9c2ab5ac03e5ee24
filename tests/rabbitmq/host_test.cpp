// Hosts on RabbitMQ: outbox, broker and inbox together, through a killed broker, by its wait queues, into its DLQ.
#include <algorithm>
#include <csignal>
#include <regex>
#include <set>
#include <thread>

#include "holdfast/sqlite.hpp"
#include "host/impl.hpp"
#include "integration/host/place.hpp"
#include "integration/service/programs.hpp"
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
  /// Its log: the text of each line, and what belongs to it.
  HostOptions telling(Seen& log) {
    auto told = options();
    told.log = [&log](const LogLine& line) {
      std::string text(line.text);
      for (const auto& [name, value] : line.fields) text += " " + std::string(name) + "=" + value;
      log.add(text);
    };
    return told;
  }
  static std::string line_of(Seen& log, const std::string& beginning) {
    for (const auto& line : log.all())
      if (line.starts_with(beginning)) return line;
    return "";
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
  server().settle_new_queues();
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

/// Somebody answers the broker while a handler takes its time; the relay, which has nothing to send, does too.
TEST_F(RabbitHost, AHandlerOfManyHeartbeatsEndsNoSession) {
  auto settings = vhost.options();
  settings.heartbeat = std::chrono::seconds(1);
  auto slow_options = options();
  slow_options.transport = holdfast::rabbitmq::open(settings);
  Host slow(std::move(slow_options));
  Ears heard;
  heard.listen(slow);
  slow.subscribe({.consumer = "slow"}, [](Context& ctx, const Placed& placed) {
    std::this_thread::sleep_for(std::chrono::seconds(6));  // what is tested is that this is long
    effect(ctx, placed);
  });
  slow.start();
  ASSERT_TRUE(heard.until([](const Ears::Heard& h) { return h.connected.contains("slow"); }));
  slow.store().transact([&](Transaction& tx) { slow.outbox().publish(tx, Placed{1, "slow"}); });
  EXPECT_TRUE(heard.handled("slow", 1));
  EXPECT_EQ(effects(), Strings{"1 slow"});
  EXPECT_TRUE(heard.until([](const Ears::Heard& h) { return h.disconnected.empty(); })) << "the broker ended a session";
  EXPECT_EQ(heard.counts("slow").duplicates, 0);
}

/// Upkeep asks it for the queue's depth, and the consumer says goodbye: neither waits for long.
TEST_F(RabbitHost, AStopEndsThoughTheBrokerStandsStill) {
  host.subscribe({.consumer = "shop", .queue = "shop.q"}, effect);
  host.impl().upkeep_options().gauges = ports::Millis(20);
  host.start();
  EXPECT_TRUE(receives("shop"));
  publish(1, "first");
  EXPECT_TRUE(program_test::eventually([&] { return effects() == Strings{"1 first"}; }));
  const auto measured = [&] {
    std::smatch found;
    const auto metrics = host.metrics();
    std::regex_search(metrics, found, std::regex(R"(last_success_timestamp_seconds[{][^}]*"gauges"[^}]*[}] (.*))"));
    return found[1].str();
  };
  const Stopped stopped;
  const auto before = measured();
  EXPECT_TRUE(program_test::eventually([&] { return measured() != before; })) << "it asks for the depth after this";
  host.stop(std::chrono::seconds(18));  // else it ends this process
  const auto ended = host.store().transact(
      [](Transaction& tx) { return tx.query<bool>("SELECT clean_end FROM holdfast_consumers").one(); });
  EXPECT_TRUE(ended);
}

/// The broker stands still while events are on their way, and takes no more bytes: a stop does not wait for it.
TEST_F(RabbitHost, G1_NoLoss_AStopEndsThoughTheBrokerTakesNothing) {
  constexpr int all = 300;
  const auto broker = RabbitTest::open(vhost.options());
  broker->topology().declare({"q", {"test.placed.*"}, false});
  const auto receiver = broker->receiver({"q", {}, false}, "test");
  receiver->credit(100);
  std::set<std::string> arrived;
  const auto arrive = [&](std::size_t count) {
    return RabbitTest::eventually(*receiver, [&](const ports::Received& got) {
      for (const auto& delivery : got.deliveries) arrived.insert(delivery.body);
      RabbitTest::ack(*receiver, got.deliveries);
      return arrived.size() == count;
    });
  };
  Seen log;
  {
    Host stuck(telling(log));
    stuck.start();
    publish(0, "before");
    EXPECT_TRUE(arrive(1));
    const Stopped stopped;
    stuck.store().transact([&](Transaction& tx) {
      for (int n = 1; n < all; ++n) stuck.outbox().publish(tx, Placed{n, std::string(40'000, 'x')});
    });
    const auto fly = [&] {
      return std::regex_search(stuck.metrics(), std::regex("\nholdfast_relay_in_flight[{][^}]*[}] [1-9]"));
    };
    EXPECT_TRUE(program_test::eventually(fly));
    stuck.stop(std::chrono::seconds(2));
  }
  EXPECT_NE(line_of(log, "the relay stops without its broker"), "");
  host.start();
  EXPECT_TRUE(arrive(all)) << arrived.size();
  EXPECT_TRUE(ears.marked(all - 1));
}

/// It declares nothing, and so would learn of it only from its relay's log.
TEST_F(RabbitHost, AProducerAloneIsToldAtItsStartThatItsPasswordIsWrong) {
  auto wrong = options();
  wrong.transport = holdfast::rabbitmq::open(
      {.url = "amqp://holdfast:wr0ng@127.0.0.1:" + std::to_string(server().port()) + "/" + vhost.name()});
  Host producer(std::move(wrong));
  EXPECT_NE(RabbitTest::why<Invalid>([&] { producer.start(); }).find("password"), std::string::npos);
}

/// What a queue held may be of any age, and its consumer has its own types in it, not those of others.
TEST_F(RabbitHost, AQueueThatIsGoneIsToldWithTheCommandThatSendsAgainWhatItHeld) {
  Seen log;
  Host left(telling(log));
  ears.listen(left);
  left.subscribe({.consumer = "left"}, [](Context& ctx, const Placed& placed) { effect(ctx, placed); });
  left.start();
  ASSERT_TRUE(receives("left"));
  const auto queue = left.impl().subscribers().front().queue().name;
  Client(vhost.url()).remove_queue(queue);
  std::string line;
  ASSERT_TRUE(program_test::eventually([&] {
    left.impl().subscribers().front().declare();
    return !(line = line_of(log, "a queue was gone")).empty();
  }));
  EXPECT_NE(line.find("flags=--to " + queue + " --type 'test.placed.*'"), std::string::npos) << line;
  EXPECT_EQ(line.find("--since"), std::string::npos) << line;
}

TEST_F(RabbitHost, AnAlarmOfTheBrokerIsSaidInTheLogAndInTheHealth) {
  Seen log;
  Host producer(telling(log));
  producer.start();
  const MemoryAlarm alarm;
  producer.store().transact([&](Transaction& tx) { producer.outbox().publish(tx, Placed{1, "a"}); });
  EXPECT_TRUE(program_test::eventually([&] {
    return producer.health().detail.find("the broker takes nothing") != std::string::npos;
  })) << producer.health().detail;
  EXPECT_NE(line_of(log, "the broker takes nothing"), "");
  producer.stop(std::chrono::seconds(1));
}

TEST_F(RabbitHost, AQueueThatIsDeclaredOtherwiseStopsTheStart) {
  RabbitTest::open(vhost.options())->topology().declare({"taken.q", {"#"}, true});
  host.subscribe({.consumer = "loose", .queue = "taken.q", .ordering = Ordering::none},
                 [](Context& ctx, const Placed& placed) { effect(ctx, placed); });
  EXPECT_NE(RabbitTest::why<Invalid>([&] { host.start(); }).find("x-single-active-consumer"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::rabbit_test
