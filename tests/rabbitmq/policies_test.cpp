// Policies of the broker: the commands of docs/rabbitmq.md show them, and they do to our queues what it says there.
#include <algorithm>
#include <fstream>

#include "rabbitmq/fixture.hpp"
#include "runbook/page.hpp"

namespace holdfast::rabbit_test {
namespace {

struct RabbitPolicies : RabbitTest {
  RabbitPolicies() { broker->topology().declare(queue); }

  void set(const std::string& of, const std::string& definition, const std::string& to = "queues") const {
    server().ctl({"set_policy", "-p", vhost.name(), "--apply-to", to, "by a test", "^" + of + "$", definition});
  }
  /// What the command of the page prints for this vhost.
  std::string shown(const std::string& command) const {
    std::ifstream page(HOLDFAST_SOURCE_DIR "/docs/rabbitmq.md");
    std::string line;
    while (std::getline(page, line))
      if (line.starts_with("    rabbitmqctl " + command + " ")) break;
    auto words = runbook::words_of(line);
    std::ranges::replace(words, "shop", vhost.name());
    return server().ctl({words.begin() + 1, words.end()});
  }
  void expect_shown(const std::string& command, const std::string& part) const {
    const auto all = shown(command);
    EXPECT_NE(all.find(part), std::string::npos) << part << " is missing in: " << all;
  }
  bool eventually_ready(const std::string& name, std::int64_t count) {
    const auto end = soon();
    Client client(vhost.url());
    while (client.ready(name) != count && now() < end) {}
    return client.ready(name) == count;
  }
  const ports::Queue queue{"shop.q", {"#"}};
};

TEST_F(RabbitPolicies, TheCommandsOfThePageShowThem) {
  expect_shown("list_queues", "shop.q\t\n");
  set("shop.q", R"({"max-length":7})");
  server().ctl({"set_operator_policy", "-p", vhost.name(), "an operator's", "^shop", R"({"expires":8000000})"});
  expect_shown("list_policies", R"({"max-length":7})");
  expect_shown("list_operator_policies", R"({"expires":8000000})");
  expect_shown("list_queues", "shop.q\tby a test\n");
  set("orders.exchange", R"({"alternate-exchange":"amq.fanout"})", "exchanges");
  expect_shown("list_exchanges", "orders.exchange\tby a test\n");
}

TEST_F(RabbitPolicies, ATimeToLiveMakesDeadLettersAndDeletesThem) {
  set("shop.q", R"({"message-ttl":1})");
  EXPECT_EQ(count(publish({event("1")}), Outcome::confirmed), 1);
  EXPECT_TRUE(eventually_ready("shop.dlq", 1));
  Client(vhost.url()).purge("shop.dlq");
  set("shop.dlq", R"({"message-ttl":1})");
  EXPECT_EQ(count(publish({to("shop.dlq", "2")}), Outcome::confirmed), 1);
  EXPECT_TRUE(eventually_ready("shop.dlq", 0));
}

TEST_F(RabbitPolicies, ALengthRefusesEventsAndDeletesDeadLetters) {
  set("shop.*", R"({"max-length":1})");
  const std::vector<ports::OutgoingEvent> many(100, event("1", std::nullopt));
  publish(many);  // how far it goes beyond its length is its own affair
  EXPECT_GT(count(publish(many), Outcome::nacked), 0);
  EXPECT_EQ(count(publish({to("shop.dlq", "1"), to("shop.dlq", "2")}), Outcome::confirmed), 2);
  EXPECT_TRUE(eventually_ready("shop.dlq", 1)) << "the first is gone";
}

TEST_F(RabbitPolicies, ADeliveryLimitDeletesDeadLetters) {
  set("shop.dlq", R"({"delivery-limit":1})");
  EXPECT_EQ(count(publish({to("shop.dlq", "1")}), Outcome::confirmed), 1);
  Client client(vhost.url());
  for (int times = 0; times < 2; ++times) {
    const auto taken = client.take("shop.dlq");
    ASSERT_TRUE(taken);
    client.reject(*taken, true);
  }
  EXPECT_TRUE(eventually_ready("shop.dlq", 0));
  EXPECT_FALSE(client.take("shop.dlq"));
}

TEST_F(RabbitPolicies, AnExpiryDeletesTheQueueOfAConsumerThatIsDown) {
  EXPECT_EQ(count(publish({event("1")}), Outcome::confirmed), 1);
  set("shop.q", R"({"expires":1})");
  const auto end = soon();
  while (broker->topology().differences(queue).empty() && now() < end) {}
  EXPECT_EQ(broker->topology().differences(queue).size(), 1u);
}

}  // namespace
}  // namespace holdfast::rabbit_test
