// What a publisher says when a broker does not take an event, and that nothing of a key passes it.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <algorithm>
#include <set>

#include "kafka/fixture.hpp"

namespace holdfast::kafka_test {
namespace {

using namespace std::chrono_literals;

const std::string big(300'000, 'x');

/// The first key from "a" on that belongs there.
std::string key_in(int partition, int of) {
  for (char c = 'a';; ++c)
    if (rd_kafka_msg_partitioner_murmur2(nullptr, &c, 1, of, nullptr, nullptr) == partition) return {c};
}

struct KafkaPublisher : KafkaTest {
  /// Two partitions; the first has an event of this session. Then the topic is made smaller behind its back, and five events fly.
  Results refuse_the_first_of_five(int partition) {
    auto s = settings(server().url(), 2);
    s.facts_hold = 1h, s.linger_ms = 0, s.batch_bytes = 1;  // each event is a request
    broker = open(s);
    op.make("order.created.v1", 2, {{"max.message.bytes", "1200000"}});
    publisher = broker->publisher();
    const auto first = event("first", key_in(0, 2));
    EXPECT_TRUE(publisher->accept({99, &first}));
    EXPECT_EQ(pump(*publisher, 1).at(0).outcome, Outcome::confirmed);
    op.set("order.created.v1", "max.message.bytes", "100000");
    for (std::uint64_t i = 0; i < 5; ++i) {
      const auto one = event(i == 0 ? big : "small " + std::to_string(i), key_in(partition, 2));
      EXPECT_TRUE(publisher->accept({i, &one}));
    }
    return pump(*publisher, 5);
  }
  void expect_that_nothing_passed(const Results& results) {
    EXPECT_EQ(results.at(0).outcome, Outcome::refused) << results.at(0).error;
    for (std::size_t i = 1; i < 5; ++i) EXPECT_EQ(results.at(i).outcome, Outcome::unknown) << i;
    EXPECT_EQ(stored("order.created.v1"), Bodies{"first"});
    const auto more = event("more");
    EXPECT_FALSE(publisher->accept({7, &more}));
  }
  std::unique_ptr<ports::Publisher> publisher;
};

/// Five in flight, the first too big for the topic: the broker refuses the four behind it, whatever they are.
TEST_F(KafkaPublisher, G4_Order_NothingOfAPartitionIsStoredBehindAnEventThatIsRefusedInMidStream) {
  expect_that_nothing_passed(refuse_the_first_of_five(0));
}

/// A broker that knows nothing of the producer yet takes what comes behind a refused one: the first of a partition flies alone.
TEST_F(KafkaPublisher, G4_Order_NothingIsStoredBehindARefusedEventThatIsTheFirstOfItsPartition) {
  expect_that_nothing_passed(refuse_the_first_of_five(1));
}

TEST_F(KafkaPublisher, G5_Isolation_WhatATopicCannotTakeIsRefusedBeforeItFlies) {
  op.make("order.created.v1", 1, {{"max.message.bytes", "100000"}});
  const auto results = publish(broker, {event(big, "a"), event("behind it", "a"), event("of another key", "b")});
  EXPECT_EQ(results.at(0).outcome, Outcome::refused);
  EXPECT_NE(results.at(0).error.find("max.message.bytes"), std::string::npos) << results.at(0).error;
  EXPECT_EQ(results.at(1).outcome, Outcome::unknown);
  EXPECT_EQ(results.at(2).outcome, Outcome::confirmed);
  EXPECT_EQ(stored("order.created.v1"), Bodies{"of another key"});
}

/// A relay sends a suspect again alone, in one session, until it is sure.
TEST_F(KafkaPublisher, G5_Isolation_WhatIsTriedAgainIsRefusedAgain) {
  op.make("order.created.v1", 1, {{"max.message.bytes", "100000"}});
  publisher = broker->publisher();
  const auto large = event(big, "a");
  for (std::uint64_t times = 0; times < 3; ++times) {
    EXPECT_TRUE(publisher->accept({times, &large}));
    EXPECT_EQ(pump(*publisher, 1).at(0).outcome, Outcome::refused) << times;
  }
  const auto behind = event("behind it", "a");
  EXPECT_TRUE(publisher->accept({3, &behind}));
  EXPECT_EQ(pump(*publisher, 1).at(0).outcome, Outcome::unknown);
  op.set("order.created.v1", "max.message.bytes", "1000000");
  Results results;
  const auto end = soon();
  for (std::uint64_t token = 4; now() < end && (results.empty() || results[0].outcome == Outcome::refused); ++token) {
    results.clear();
    EXPECT_TRUE(publisher->accept({token, &large}));
    while (results.empty()) publisher->pump(soon(), results);
  }
  EXPECT_EQ(results.at(0).outcome, Outcome::confirmed) << "an operator has mended the topic";
}

/// The relay ends a session at the first that is no confirm: what flies beside it would be sent once more.
TEST_F(KafkaPublisher, G5_Isolation_WhatIsAnsweredHereWaitsForWhatFlies) {
  auto s = settings(server().url());
  s.options.topology = kafka::Topology::verify;
  broker = open(s);
  op.make("order.created.v1", 1);
  publisher = broker->publisher();
  const auto gone = event("gone", "gone", "order.gone.v1");
  EXPECT_TRUE(publisher->accept({0, &gone}));
  for (std::uint64_t i = 1; i <= 100; ++i) {
    const auto good = event(std::to_string(i), std::to_string(i));
    EXPECT_TRUE(publisher->accept({i, &good}));
  }
  Results results;
  for (const auto end = soon(); results.size() < 101 && now() < end;) publisher->pump(end, results);
  ASSERT_EQ(results.size(), 101u);
  EXPECT_EQ(results.back().outcome, Outcome::returned);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(results[i].outcome, Outcome::confirmed) << i;
  const auto next = event("next");
  EXPECT_TRUE(publisher->accept({101, &next}));
}

/// A batch may be larger than the topic takes, and then all that is in it would be refused.
TEST_F(KafkaPublisher, G5_Isolation_ATopicThatTakesLessThanABatchTakesEachEvent) {
  op.make("order.created.v1", 1, {{"max.message.bytes", "20000"}});
  std::vector<ports::OutgoingEvent> events;
  for (int i = 0; i < 100; ++i)
    events.push_back(event(std::to_string(i) + std::string(1000, 'x'), "key " + std::to_string(i)));
  for (const auto& result : publish(broker, events)) EXPECT_EQ(result.outcome, Outcome::confirmed) << result.error;
}

/// librdkafka's own cluster: the real one is near.
TEST_F(KafkaPublisher, ABrokerThatIsFarAwayIsFarAwayAndNotDown) {
  char error[256];
  rd_kafka_t* const host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), error, sizeof error);
  auto* const mock = rd_kafka_mock_cluster_new(host, 1);
  rd_kafka_mock_broker_set_rtt(mock, 1, 300);
  EXPECT_NO_THROW(open(settings(std::string("kafka://") + rd_kafka_mock_cluster_bootstraps(mock)))->publisher());
  rd_kafka_mock_cluster_destroy(mock);
  rd_kafka_destroy(host);
}

TEST_F(KafkaPublisher, G1_NoLoss_ATopicThatMayNotBeMadeIsMissedInClearWords) {
  auto s = settings(server().url());
  s.options.topology = kafka::Topology::verify;
  broker = open(s);
  const auto results = publish(broker, {event("1")});
  EXPECT_EQ(results.at(0).outcome, Outcome::returned);
  EXPECT_NE(results.at(0).error.find("topic order.created.v1: there is no such topic"), std::string::npos)
      << results.at(0).error;
  auto odd = event("2");
  odd.type = "order created";
  EXPECT_EQ(publish(broker, {odd}).at(0).outcome, Outcome::returned);
}

/// A key goes where murmur2 says by the number that is configured, whatever was added behind our back.
TEST_F(KafkaPublisher, G4_Order_PartitionsThatWereAddedAreNotUsed) {
  broker = open(settings(server().url(), 4));
  std::vector<ports::OutgoingEvent> before, after;
  for (int i = 0; i < 40; ++i) before.push_back(event("before " + std::to_string(i), "key " + std::to_string(i)));
  for (int i = 0; i < 40; ++i) after.push_back(event("after " + std::to_string(i), "key " + std::to_string(i)));
  for (const auto& result : publish(broker, before)) EXPECT_EQ(result.outcome, Outcome::confirmed);
  op.grow("order.created.v1", 9);
  for (const auto& result : publish(broker, after)) EXPECT_EQ(result.outcome, Outcome::confirmed);
  std::map<std::string, std::set<int>> places;
  for (const auto& record : op.all("order.created.v1")) places[record.key].insert(record.partition);
  EXPECT_EQ(places.size(), 40u);
  for (const auto& [key, partitions] : places) {
    EXPECT_EQ(partitions.size(), 1u) << key;
    EXPECT_LT(*partitions.rbegin(), 4) << key;
  }
  const auto warnings = broker->topology().declare({"inventory.q", {"order.created.*"}}).warnings;
  EXPECT_TRUE(std::ranges::any_of(
      warnings, [](const auto& w) { return w.find("has 9 partitions, and 4 are configured") != w.npos; }));
}

TEST_F(KafkaPublisher, ATopicWithFewerPartitionsIsAFault) {
  op.make("order.created.v1", 2);
  broker = open(settings(server().url(), 4));
  EXPECT_EQ(publish(broker, {event("1")}).at(0).outcome, Outcome::returned);
  const auto text = why<Invalid>([&] { broker->topology().declare({"inventory.q", {"order.created.*"}}); });
  EXPECT_NE(text.find("has 2 partitions, and 4 are configured"), std::string::npos) << text;
}

/// A relay alone declares no queue: what is wrong with a topic it learns when it publishes.
TEST_F(KafkaPublisher, APublisherWarnsOfPartitionsThatItDoesNotUse) {
  op.make("order.created.v1", 4);
  broker = open(settings(server().url(), 2));
  publisher = broker->publisher();
  const auto one = event("1");
  EXPECT_TRUE(publisher->accept({1, &one}));
  EXPECT_EQ(pump(*publisher, 1).at(0).outcome, Outcome::confirmed);
  const auto warnings = publisher->warnings();
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("order.created.v1 has 4 partitions, and 2 are configured"), std::string::npos)
      << warnings[0];
  EXPECT_TRUE(publisher->warnings().empty());
}

TEST_F(KafkaPublisher, G1_NoLoss_NothingIsPublishedToACompactedTopic) {
  op.make("order.created.v1", 1, {{"cleanup.policy", "compact"}});
  const auto result = publish(broker, {event("1")}).at(0);
  EXPECT_EQ(result.outcome, Outcome::returned);
  EXPECT_NE(result.error.find("is compacted"), std::string::npos) << result.error;
  EXPECT_TRUE(stored("order.created.v1").empty());
}

}  // namespace
}  // namespace holdfast::kafka_test
