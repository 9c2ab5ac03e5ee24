// Groups in earnest: members come and go while events are in work, partitions grow, events are lost to retention.
#include <algorithm>
#include <set>

#include "kafka/fixture.hpp"

namespace holdfast::kafka_test {
namespace {

using namespace std::chrono_literals;

const ports::Queue queue{"inventory.order-created.q", {"order.created.*"}};

struct KafkaGroup : KafkaTest, ::testing::WithParamInterface<kafka::Rebalance> {
  KafkaGroup() {
    use(10s);
    broker->topology().declare(queue);
  }
  void use(ports::Millis patience) {
    auto s = settings(server().url(), 4);
    s.options.rebalance = GetParam(), s.revoke_patience = patience;
    broker = open(s);
  }
  static bool eager() { return GetParam() == kafka::Rebalance::eager; }
  void publish_some(const std::string& name, int count) {
    std::vector<ports::OutgoingEvent> events;
    for (int i = 0; i < count; ++i) events.push_back(event(name + std::to_string(i), "key " + std::to_string(i)));
    for (const auto& result : publish(broker, events)) ASSERT_EQ(result.outcome, Outcome::confirmed) << result.error;
  }
  std::unique_ptr<ports::Receiver> member(const std::string& name) {
    auto receiver = broker->receiver(queue, name);
    receiver->credit(1'000);
    return receiver;
  }
};

/// What is in work is settled first, so nobody gets it twice; the one that stays has all in the end.
TEST_P(KafkaGroup, G4_Order_AnInstanceThatJoinsWaitsForWhatIsInWorkAndOneThatLeavesHandsOver) {
  const auto first = member("first");
  publish_some("a", 40);
  auto work = take(*first, 40);
  const auto second = member("second");
  std::map<std::string, int> seen;
  std::size_t of_second = 0, sent = 0;
  const auto drain = [&](const std::vector<ports::Receiver*>& members) {
    for (auto* receiver : members) {
      ports::Received got;
      receiver->pump(now() + 20ms, got);
      if (receiver == second.get()) of_second += got.deliveries.size();
      for (const auto& one : got.deliveries) {
        ++seen[one.body];
        EXPECT_FALSE(one.redelivered) << one.body;
      }
      ack(*receiver, got.deliveries);
    }
  };
  const auto until = [&](const std::vector<ports::Receiver*>& members, const auto& enough) {
    for (const auto end = soon(); !enough() && now() < end;) drain(members);
    EXPECT_TRUE(enough());
  };
  drain({second.get(), first.get()});
  ack(*first, std::exchange(work, {}));
  for (const auto end = soon(); of_second == 0 && now() < end;) {
    publish_some("b" + std::to_string(sent) + " ", 8), sent += 8;
    until({first.get(), second.get()}, [&] { return seen.size() == sent; });
  }
  EXPECT_GT(of_second, 0u);
  second->disconnect();
  publish_some("c", 40), sent += 40;
  until({first.get()}, [&] { return seen.size() == sent; });
  for (const auto& [body, times] : seen) EXPECT_EQ(times, 1) << body;
  first->disconnect();
  EXPECT_EQ(broker->topology().depth(queue.name).ready, 0);
}

/// Whose handlers take too long loses its partitions: they begin again at the lowest that is not settled, and say so.
TEST_P(KafkaGroup, G1_NoLoss_WhatIsInWorkForTooLongGoesToTheOtherAsRedelivered) {
  use(100ms);
  const auto first = member("first");
  publish_some("a", 40);
  const auto work = take(*first, 40);
  std::set<std::uint64_t> sessions, ended;
  for (const auto& one : work) sessions.insert(one.session);
  const auto second = member("second");
  std::vector<ports::Delivery> again;
  const auto end = soon();
  const std::size_t moved = eager() ? 10 : 1;  // a cooperative assignor may move one partition alone
  while (again.size() < moved && now() < end)
    for (auto* receiver : {first.get(), second.get()}) {
      ports::Received got;
      receiver->pump(now() + 20ms, got);
      if (receiver == first.get()) ended.insert(got.ended.begin(), got.ended.end());
      else again.insert(again.end(), got.deliveries.begin(), got.deliveries.end());
    }
  EXPECT_GE(again.size(), moved);
  for (const auto& one : again) EXPECT_TRUE(one.redelivered) << one.body;
  EXPECT_TRUE(std::ranges::any_of(sessions, [&](const auto session) { return ended.contains(session); }));
}

/// A session that ends in the turn in which something of it came: that comes again from its partition's next reader.
TEST_P(KafkaGroup, G4_Order_NothingIsHandedOutTogetherWithTheEndOfItsSession) {
  use(0ms);
  const auto first = member("first"), second = member("second");
  publish_some("a", 40);
  EXPECT_EQ(take(*first, 1, 1).size(), 1u);  // the others are read, and wait for credit
  first->credit(1'000);
  ports::Received joins;
  second->pump(now() + 2s, joins);  // meanwhile the first is told to give back
  EXPECT_TRUE(eventually({first.get(), second.get()}, [&](const ports::Received& got) {
    for (const auto& one : got.deliveries)
      EXPECT_EQ(std::ranges::count(got.ended, one.session), 0) << one.body << " of a session that has ended";
    return !got.ended.empty();
  }));
}

double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

/// Handlers that take long: partitions are paused, the member stays one, and its thread sleeps.
TEST_P(KafkaGroup, AMemberThatMayHandOutNothingSleeps) {
  const auto first = member("first");
  first->credit(1);
  publish_some("a", 600);
  const auto one = take(*first, 1, 1);
  ports::Received got;
  const auto used = cpu_seconds();
  first->pump(now() + 3s, got);
  EXPECT_TRUE(got.deliveries.empty());
  EXPECT_TRUE(got.ended.empty());
  EXPECT_LT(cpu_seconds() - used, 1) << "it spins: 3 s were waited for";
  ack(*first, one);
  EXPECT_EQ(take(*first, 599).size(), 599u);
}

/// librdkafka remembers that a partition is paused, also when it is gone and comes back.
TEST_P(KafkaGroup, G1_NoLoss_WhatWasPausedWhenItWasLostIsReadWhenItIsBack) {
  servers::Kafka own;
  auto s = settings(own.url(), 4);
  s.options.rebalance = GetParam(), s.look_for_topics = 1h;  // no other reason for a new session
  broker = open(s);
  broker->topology().declare(queue);
  publish_some("a", 600);
  const auto first = member("first");
  const auto one = take(*first, 1, 1);
  ports::Received got;
  first->pump(now() + 3 * s.stalled, got);
  own.stop(SIGKILL);
  ASSERT_TRUE(eventually({first.get()}, [](const ports::Received& now) { return !now.ended.empty(); }));
  own.start(), own.await();
  EXPECT_EQ(take(*first, 600).size(), 600u);
}

TEST_P(KafkaGroup, G1_NoLoss_ATopicThatIsMadeAnewIsReadFromItsBeginning) {
  const auto first = member("first");
  publish_some("old", 40);
  ack(*first, take(*first, 40));
  op.remove("order.created.v1");
  EXPECT_TRUE(eventually({first.get()}, [](const ports::Received& now) { return !now.ended.empty(); }));
  op.make("order.created.v1", 4);
  broker->topology().declare(queue);
  publish_some("new", 80);
  std::set<std::string> seen;
  EXPECT_TRUE(eventually({first.get()}, [&](const ports::Received& now) {
    for (const auto& each : now.deliveries) seen.insert(each.body);
    ack(*first, now.deliveries);
    return seen.size() == 80;
  })) << seen.size();
}

TEST_P(KafkaGroup, G1_NoLoss_PartitionsThatWereAddedAreRead) {
  const auto first = member("first");
  publish_some("a", 8);
  ack(*first, take(*first, 8));
  op.grow("order.created.v1", 6);
  op.publish("order.created.v1", {.key = "foreign", .value = "there", .headers = {}, .partition = 5});
  EXPECT_EQ(bodies(take(*first, 1)), Bodies{"there"});
}

TEST_P(KafkaGroup, G1_NoLoss_WhatRetentionTookStopsTheGroupWithTheSpan) {
  auto first = member("first");
  publish_some("a", 1);
  ack(*first, take(*first, 1));
  first->disconnect();
  publish_some("a", 6);  // key 0 again, and others
  const auto place = [&] {
    for (const auto& record : op.all("order.created.v1"))
      if (record.key == "key 0") return record.partition;
    return -1;
  }();
  std::int64_t last = 0;
  for (const auto& record : op.all("order.created.v1"))
    if (record.partition == place) last = record.offset;
  op.cut("order.created.v1", place, last + 1);
  first = member("first again");
  std::string problem;
  EXPECT_TRUE(eventually({first.get()}, [&](const ports::Received& got) {
    problem = got.problem;
    return problem.find("deleted by the topic's retention") != std::string::npos;
  })) << problem;
  EXPECT_NE(problem.find("the events 1 to " + std::to_string(last) + " of order.created.v1/" + std::to_string(place)),
            std::string::npos)
      << problem;
  EXPECT_NE(problem.find("--to-offset " + std::to_string(last + 1)), std::string::npos) << problem;
}

INSTANTIATE_TEST_SUITE_P(Kafka, KafkaGroup, testing::ValuesIn(rebalances()), [](const auto& which) {
  return which.param == kafka::Rebalance::eager ? "eager" : "cooperative";
});

}  // namespace
}  // namespace holdfast::kafka_test
