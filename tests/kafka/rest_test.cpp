// Dead letters, foreign clients, shared topics, static membership, a broker that is killed.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>

#include "kafka/fixture.hpp"

namespace holdfast::kafka_test {
namespace {

struct KafkaRest : KafkaTest {
  static std::string run(const std::string& command) {
    std::string out;
    FILE* pipe = popen(command.c_str(), "r");
    for (int c = 0; (c = fgetc(pipe)) != EOF;) out += static_cast<char>(c);
    EXPECT_EQ(pclose(pipe), 0) << command;
    return out;
  }
};

TEST_F(KafkaRest, ADeadLetterKeepsItsKeyItsTypeAndItsReason) {
  const ports::Queue queue{"inventory.order-created.q", {"order.created.*"}};
  broker->topology().declare(queue);
  const auto receiver = broker->receiver(queue, "test");
  auto dead = event("dead", std::nullopt);  // as the inbox writes them: no order, the key in a header
  dead.headers = {{ports::header_key, "42"}, {ports::header_reason, "invalid"}, {ports::header_copy, "1"}};
  dead.destination = receiver->dead_letter_destination();
  EXPECT_EQ(publish(broker, {dead}).at(0).outcome, Outcome::confirmed);
  const auto import = broker->dead_letters(queue.name, "import");
  const auto got = take(*import, 1);
  ASSERT_EQ(bodies(got), Bodies{"dead"});
  EXPECT_EQ(got[0].key, "42");
  EXPECT_EQ(got[0].type, "order.created.v1");
  EXPECT_EQ(got[0].copy, 1);
  EXPECT_EQ(got[0].headers.at(ports::header_reason), "invalid");
  EXPECT_EQ(op.all("inventory.order-created.dlt").at(0).key, "42");
}

/// They are copies: what retention took of them is no loss, and stops no import.
TEST_F(KafkaRest, DeadLettersThatRetentionTookStopNoImport) {
  const ports::Queue queue{"inventory.order-created.q", {"order.created.*"}};
  broker->topology().declare(queue);
  const auto put = [&](const std::string& body) {
    auto dead = event(body, std::nullopt);
    dead.destination = "inventory.order-created.dlt";
    EXPECT_EQ(publish(broker, {dead}).at(0).outcome, Outcome::confirmed);
  };
  put("1");
  {
    const auto import = broker->dead_letters(queue.name, "import");
    ack(*import, take(*import, 1));
    import->disconnect();
  }
  for (const auto* body : {"2", "3", "4"}) put(body);
  op.cut("inventory.order-created.dlt", 0, 2);
  const auto import = broker->dead_letters(queue.name, "import");
  EXPECT_EQ(bodies(take(*import, 2)), (Bodies{"3", "4"}));
}

/// kcat: no header of ours, the key is the record's.
TEST_F(KafkaRest, AForeignClientPublishesAndReadsOurs) {
  const ports::Queue queue{"inventory.q", {"order.created.v1"}};
  broker->topology().declare(queue);
  const auto servers = server().servers();
  run("printf '42;theirs' | kcat -q -b " + servers + " -t order.created.v1 -P -K ';'");
  const auto receiver = broker->receiver(queue, "test");
  const auto got = take(*receiver, 1);
  ASSERT_EQ(bodies(got), Bodies{"theirs"});
  EXPECT_EQ(got[0].key, "42");
  EXPECT_EQ(got[0].type, "order.created.v1");
  EXPECT_EQ(got[0].message_id, "");
  EXPECT_TRUE(got[0].broker_time.has_value());
  EXPECT_EQ(publish(broker, {event("ours", "43")}).at(0).outcome, Outcome::confirmed);
  const auto read = run("kcat -q -b " + servers + " -t order.created.v1 -C -e -f '%k %s %h\\n'");
  EXPECT_NE(read.find("42 theirs"), std::string::npos) << read;
  EXPECT_NE(read.find("43 ours holdfast-id=" + EventId::of_body("ours").to_string()), std::string::npos) << read;
}

/// Java's own client puts a key where we do: whoever shares a topic with a Java program keeps the order of each key.
TEST_F(KafkaRest, AJavaProducerPutsEachKeyWhereWeDo) {
  broker = open(settings(server().url(), 12));
  broker->topology().declare({"inventory.q", {"order.created.v1"}});
  std::vector<ports::OutgoingEvent> ours;
  std::string theirs;
  for (int i = 0; i < 50; ++i) {
    const auto key = "K\xc3\xb6nig " + std::to_string(i * i);
    ours.push_back(event("ours " + std::to_string(i), key)), theirs += key + "\ttheirs\n";
  }
  for (const auto& result : publish(broker, ours)) ASSERT_EQ(result.outcome, Outcome::confirmed) << result.error;
  run("printf '" + theirs + "' | LC_ALL=C.UTF-8 java -cp '" + (servers::Kafka::jars() / "*").string() +
      "' kafka.tools.ConsoleProducer --bootstrap-server " + server().servers() +
      " --topic order.created.v1 --property parse.key=true 2>&1");
  std::map<std::string, std::set<int>> places;
  std::set<int> all;
  const auto records = op.all("order.created.v1");
  for (const auto& record : records) places[record.key].insert(record.partition), all.insert(record.partition);
  EXPECT_EQ(records.size(), 100u);
  for (const auto& [key, partitions] : places) EXPECT_EQ(partitions.size(), 1u) << key;
  EXPECT_GT(all.size(), 6u) << "so few partitions tell nothing";
}

/// In a topic of several types a consumer passes over what it did not ask for, also what a foreign program wrote.
TEST_F(KafkaRest, OfASharedTopicAConsumerGetsItsTypesAlone) {
  auto s = settings(server().url());
  s.options.topics = "order.*=orders";
  broker = open(s);
  const ports::Queue queue{"inventory.q", {"order.created.*"}};
  broker->topology().declare(queue);
  for (const auto& result : publish(broker, {event("1"), event("2", "1", "order.cancelled.v1"), event("3")}))
    EXPECT_EQ(result.outcome, Outcome::confirmed);
  op.publish("orders", {.key = "1", .value = R"({"eventType":"order.cancelled.v1"})", .headers = {}});
  op.publish("orders", {.key = "1", .value = R"({"eventType":"order.created.v2"})", .headers = {}});
  const auto receiver = broker->receiver(queue, "test");
  const auto got = take(*receiver, 3);
  EXPECT_EQ(bodies(got), (Bodies{"1", "3", R"({"eventType":"order.created.v2"})"}));
  EXPECT_EQ(got.back().type, "order.created.v2");
  ack(*receiver, got);
  receiver->disconnect();
  EXPECT_EQ(broker->topology().depth(queue.name).ready, 0);
}

/// A member with a name, on a broker of its own: its group is not empty for as long as it is missed.
struct KafkaStatic : KafkaRest {
  explicit KafkaStatic(std::chrono::milliseconds missed_after = std::chrono::seconds(3)) {
    auto s = settings(own.url());
    s.options.instance = "inventory-0", s.options.session_timeout = missed_after;
    broker = open(s);
    broker->topology().declare(queue);
  }
  const ports::Queue queue{"inventory.q", {"order.created.v1"}};
  servers::Kafka own;
};
struct KafkaStaticLong : KafkaStatic {
  KafkaStaticLong() : KafkaStatic(std::chrono::minutes(5)) {}
};

/// Ended in disorder, with a timeout beyond this test's patience: whoever comes under its name has its partitions at once, and is told that the first events may be known.
TEST_F(KafkaStaticLong, AStaticMemberIsBackBeforeItIsMissed) {
  EXPECT_EQ(publish(broker, {event("1")}).at(0).outcome, Outcome::confirmed);
  auto first = broker->receiver(queue, "first");
  EXPECT_EQ(bodies(take(*first, 1)), Bodies{"1"});
  first.reset();
  const auto second = broker->receiver(queue, "second");
  const auto again = take(*second, 1);
  ASSERT_EQ(bodies(again), Bodies{"1"});
  EXPECT_TRUE(again[0].redelivered);
}

/// Away for longer than its session, with something to commit.
TEST_F(KafkaStatic, G6_Outage_AMemberThatWasLostInAnOutageIsBackAfterIt) {
  EXPECT_EQ(publish(broker, {event("1")}).at(0).outcome, Outcome::confirmed);
  const auto member = broker->receiver(queue, "test");
  const auto got = take(*member, 1);
  own.stop(SIGKILL);
  EXPECT_TRUE(eventually({member.get()}, [&](const ports::Received& now) { return !now.problem.empty(); }));
  ack(*member, got);
  EXPECT_TRUE(eventually({member.get()}, [&](const ports::Received& now) { return !now.ended.empty(); }));
  own.start(), own.await();
  EXPECT_EQ(publish(broker, {event("2")}).at(0).outcome, Outcome::confirmed);
  const auto again = take(*member, 2);
  EXPECT_EQ(bodies(again), (Bodies{"1", "2"})) << "its commit was not made";
  EXPECT_TRUE(again.at(0).redelivered);
}

/// Two under one name fence each other: whoever is fenced says so and joins again, though librdkafka's handle is dead then.
TEST_F(KafkaStatic, AMemberWhoseNameAnotherHasSaysSoAndJoinsAgain) {
  const auto first = broker->receiver(queue, "first");
  EXPECT_TRUE(eventually({first.get()}, [](const ports::Received& got) { return got.connected; }));
  const auto second = broker->receiver(queue, "second");
  std::string problem;
  EXPECT_TRUE(eventually({first.get(), second.get()}, [&](const ports::Received& got) {
    problem = got.problem;
    return problem.find("group.instance.id") != std::string::npos;
  })) << problem;
  EXPECT_TRUE(eventually({first.get()}, [](const ports::Received& got) { return got.connected; }));
}

/// A broker that hangs: the relay has a reason to tell, and goes on by itself.
TEST_F(KafkaRest, ATopicThatCannotBeLookedAtIsToldOf) {
  servers::Kafka own;
  auto s = settings(own.url());
  s.look_timeout = std::chrono::milliseconds(200);
  broker = open(s);
  broker->topology().declare({"inventory.q", {"order.created.v1"}});
  const auto publisher = broker->publisher();
  const auto one = event("1");
  kill(own.pid(), SIGSTOP);
  EXPECT_FALSE(publisher->accept({1, &one}));
  const auto told = publisher->warnings();
  kill(own.pid(), SIGCONT);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].find("it is tried again"), std::string::npos) << told[0];
  Results results;
  for (const auto end = soon(); !publisher->accept({1, &one}) && now() < end;)
    publisher->pump(now() + std::chrono::milliseconds(20), results);
  EXPECT_EQ(pump(*publisher, 1).at(0).outcome, Outcome::confirmed);
}

/// The broker is killed with events in flight, and comes back: each is there once and in order.
TEST_F(KafkaRest, G1_NoLoss_ABrokerThatIsKilledAndComesBackHasAllInOrder) {
  servers::Kafka own;
  broker = open(settings(own.url()));
  const ports::Queue queue{"inventory.q", {"order.created.v1"}};
  broker->topology().declare(queue);
  const auto publisher = broker->publisher();
  const auto receiver = broker->receiver(queue, "test");
  Results results;
  Bodies wanted;
  bool blocked = false;
  const auto send = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      const auto one = event("event " + std::to_string(i));
      wanted.push_back(one.envelope);
      for (const auto end = soon(); !publisher->accept({static_cast<std::uint64_t>(i), &one}) && now() < end;)
        blocked =
            publisher->pump(now() + std::chrono::milliseconds(20), results) == ports::SessionState::blocked || blocked;
    }
  };
  send(0, 50);
  own.stop(SIGKILL);
  for (const auto end = soon(); !blocked && now() < end;)
    blocked = publisher->pump(now() + std::chrono::milliseconds(20), results) == ports::SessionState::blocked;
  EXPECT_TRUE(blocked);
  own.start(), own.await();
  send(50, 100);
  for (const auto end = soon(); results.size() < 100 && now() < end;) publisher->pump(end, results);
  ASSERT_EQ(results.size(), 100u);
  for (const auto& result : results) EXPECT_EQ(result.outcome, Outcome::confirmed) << result.error;
  EXPECT_EQ(bodies(take(*receiver, 100)), wanted);
}

}  // namespace
}  // namespace holdfast::kafka_test
