// `holdfast relay` on Kafka: a zombie, one that is killed, events that a topic does not take or that have none, a broker that is killed.
#include "kafka/fixture.hpp"
#include "postgres/relays.hpp"

namespace holdfast::kafka_test {
namespace {

using namespace std::chrono_literals;
using pg_test::Json;
using pg_test::Numbers;
using program_test::contents;
using program_test::eventually;
using program_test::has;

/// What stands in a topic: of each key the numbers of its events, by their first arrival.
class Steps {
 public:
  explicit Steps(const std::vector<Operator::Record>& records) {
    for (const auto& one : records) {
      const auto number = Json::parse(one.value).at("payload").at("n").integer();
      if (seen_.insert({one.key, number}).second) by_key_[one.key].push_back(number);
    }
  }
  std::size_t count() const { return seen_.size(); }
  Numbers of(const std::string& key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? Numbers() : found->second;
  }

 private:
  std::set<std::pair<std::string, std::int64_t>> seen_;
  std::map<std::string, Numbers> by_key_;
};

struct RelayOnKafka : pg_test::Relays {
  static constexpr int keys = 40;
  RelayOnKafka() {
    op.empty();
    broker = server().url();
  }
  void walk(int steps) { publish_all(keys, walked, walked + steps), walked += steps; }
  void expect_all_steps(const Operator& at) const {
    const Steps steps(at.all("test.step.v1"));
    EXPECT_EQ(steps.count(), static_cast<std::size_t>(keys * walked));
    for (int k = 1; k <= keys; ++k) EXPECT_EQ(steps.of(std::to_string(k)), up_to(walked)) << "key " << k;
  }
  bool some_left(std::int64_t at_most) const {
    return eventually([&] { return pending() <= at_most; });
  }
  const Operator op{server().servers()};
  int walked = 0;
};

struct G4_RelaysOnKafka : RelayOnKafka {};

/// Each of the two is once the one that is stopped with events in its hands, and wakes up when they are the other's.
TEST_F(G4_RelaysOnKafka, AZombieChangesNeitherOrderNorNumber) {
  auto first = relay("first.log"), second = relay("second.log");
  for (int times = 0; times < 2; ++times) {
    walk(300);
    ASSERT_TRUE(some_left(keys * 250));
    const pid_t stopped = owner();
    ASSERT_TRUE(stopped == first.pid() || stopped == second.pid()) << stopped;
    kill(stopped, SIGSTOP);
    EXPECT_GT(pending(), 0) << "it had sent all: this test tests nothing";
    walk(10);
    EXPECT_TRUE(eventually([&] { return owner() != stopped; })) << "the other one never took over";
    kill(stopped, SIGCONT);  // a zombie with what it had in its hands
    walk(10);
  }
  EXPECT_TRUE(sent_all());
  for (auto* process : {&first, &second}) {
    process->signal(SIGTERM);
    EXPECT_EQ(process->wait(), 0);
  }
  expect_all_steps(op);
}

TEST_F(G4_RelaysOnKafka, OneThatIsKilledLosesNothingAndTheNextGoesOnInOrder) {
  for (int times = 0; times < 3; ++times) {
    auto process = relay();
    const auto before = pending();
    walk(200);
    ASSERT_TRUE(eventually([&] { return pending() < before + keys * 150; }));
    process.signal(SIGKILL);
    process.wait();
    EXPECT_GT(pending(), 0) << "it had sent all: this test tests nothing";
  }
  auto last = relay();
  EXPECT_TRUE(sent_all());
  expect_all_steps(op);
}

struct G5_RelayOnKafka : RelayOnKafka {};

TEST_F(G5_RelayOnKafka, WhatATopicDoesNotTakeStopsNobodyElseAndFlowsWhenItDoes) {
  op.make("test.step.v1", 12, {{"max.message.bytes", "100000"}, {"retention.ms", "604800000"}});
  auto process = relay();
  database.sql(
      "SELECT holdfast.publish('test.step.v1', 'large', json_build_object('n', 0, 'text', repeat('x', 200000)))");
  publish("test.step.v1", "large", 1);
  walk(10);
  EXPECT_TRUE(eventually([&] { return pending() == 2; })) << "the others go by";
  const auto large = refused("large");
  EXPECT_TRUE(has(contents(file("relay.log")), "topic test.step.v1 takes 100000 (max.message.bytes)"))
      << contents(file("relay.log"));
  expect_all_steps(op);
  op.set("test.step.v1", "max.message.bytes", "1000000");
  EXPECT_EQ(command({"retry", large, "--yes"}).out, "{\"done\":1}\n");
  EXPECT_TRUE(sent_all());
  EXPECT_EQ(Steps(op.all("test.step.v1")).of("large"), up_to(2));
}

struct G6_RelayOnKafka : RelayOnKafka {};

TEST_F(G6_RelayOnKafka, WhatHasNoTopicWaitsAndFlowsByItselfWhenItIsMade) {
  op.make("test.known.v1", 12);
  auto process = relay("relay.log", {"--broker-topology", "verify"});
  publish("test.lost.v1", "1", 0), publish("test.known.v1", "1", 1), publish("test.known.v1", "2", 0);
  EXPECT_TRUE(eventually([&] { return pending() == 2 && attempts() > 0; })) << "another key waits for nobody";
  EXPECT_TRUE(eventually([&] {
    return has(contents(file("relay.log")), "topic test.lost.v1: there is no such topic");
  })) << contents(file("relay.log"));
  const auto waiting = outbox({"list"});
  ASSERT_EQ(waiting.size(), 2u) << "the event, and what is behind it in its key";
  EXPECT_EQ(waiting[0].at("type").string(), "test.lost.v1");
  EXPECT_FALSE(waiting[0].at("refused").boolean());
  op.make("test.lost.v1", 12);
  EXPECT_TRUE(sent_all());
  EXPECT_EQ(Steps(op.all("test.lost.v1")).of("1"), Numbers{0});
  EXPECT_EQ(Steps(op.all("test.known.v1")).of("1"), Numbers{1});
}

TEST_F(G6_RelayOnKafka, AKilledBrokerUsesUpNothing) {
  servers::Kafka own;
  broker = own.url();
  auto process = relay();
  walk(300);
  ASSERT_TRUE(some_left(keys * 250));
  own.stop(SIGKILL);
  EXPECT_GT(pending(), 0) << "all was sent: this test tests nothing";
  walk(10);
  EXPECT_TRUE(eventually([&] { return has(contents(file("relay.log")), "takes nothing for now"); }))
      << contents(file("relay.log"));
  EXPECT_EQ(attempts(), 0);
  own.start(), own.await();
  EXPECT_TRUE(sent_all()) << contents(file("relay.log"));
  EXPECT_EQ(attempts(), 0) << contents(file("relay.log"));
  expect_all_steps(Operator(own.servers()));
}

}  // namespace
}  // namespace holdfast::kafka_test
