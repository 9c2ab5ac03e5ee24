// Logins, certificates, rights: what is wrong is said at the start, in words that tell what to do.
#include <algorithm>

#include "kafka/fixture.hpp"
#include "tls/certificates.hpp"

namespace holdfast::kafka_test {
namespace {

using tls_test::Certificates;

/// A broker that asks who one is: alice may do all that her topics need, bob nothing.
struct KafkaSetup : ::testing::Test {
  static void SetUpTestSuite() {
    files = new Certificates;
    asks = new servers::Kafka(
        {.users = {{"alice", "secret"}, {"bob", "secret"}},
         .tls = servers::Kafka::Tls{
             .ca = *files / "ca.pem", .certificate_and_key = *files / "broker-both.pem", .asks_client = true}});
    const Operator op(asks->servers());
    for (const auto* topic : {"inventory", "order"}) op.allow("alice", topic);
  }
  static void TearDownTestSuite() {
    delete asks;
    delete files;
  }
  static kafka::Options as(const std::string& user, const std::string& password, kafka::Sasl sasl) {
    auto options = settings(asks->sasl_url()).options;
    options.sasl = sasl, options.username = user, options.password = password;
    return options;
  }
  static kafka::Options trusted() {
    auto options = settings(asks->tls_url()).options;
    options.tls_ca = *files / "ca.pem", options.tls_cert = *files / "both.pem";
    return options;
  }
  template <class E>
  static std::string declaring_says(kafka::Options options) {
    return KafkaTest::why<E>([&] { kafka::open(std::move(options)).impl()->topology().declare(queue); });
  }
  static inline const ports::Queue queue{"inventory.q", {"order.created.v1"}};
  static inline Certificates* files = nullptr;
  static inline servers::Kafka* asks = nullptr;
};

TEST_F(KafkaSetup, EachMechanismLogsInPublishesAndReceives) {
  int n = 0;
  for (const auto sasl : {kafka::Sasl::plain, kafka::Sasl::scram_sha_256, kafka::Sasl::scram_sha_512}) {
    auto broker = kafka::open(as("alice", "secret", sasl)).impl();
    EXPECT_NO_THROW(broker->topology().declare(queue));
    const auto body = "event " + std::to_string(++n);
    EXPECT_EQ(KafkaTest::publish(broker, {KafkaTest::event(body)}).at(0).outcome, Outcome::confirmed);
    const auto receiver = broker->receiver(queue, "test");
    const auto got = KafkaTest::take(*receiver, 1);
    EXPECT_EQ(KafkaTest::bodies(got), Bodies{body});
    KafkaTest::ack(*receiver, got);
    receiver->disconnect();
  }
}

TEST_F(KafkaSetup, AWrongPasswordIsSaidAtOnce) {
  for (const auto sasl : {kafka::Sasl::plain, kafka::Sasl::scram_sha_256}) {
    const auto text = declaring_says<Invalid>(as("alice", "wrong", sasl));
    EXPECT_NE(text.find("look at broker.sasl, broker.username and broker.password"), std::string::npos) << text;
    EXPECT_EQ(text.find("wrong"), std::string::npos) << text;
    EXPECT_THROW(kafka::open(as("alice", "wrong", sasl)).impl()->publisher(), Invalid);
  }
}

TEST_F(KafkaSetup, AMissingRightIsNamed) {
  const auto text = declaring_says<Invalid>(as("bob", "secret", kafka::Sasl::plain));
  EXPECT_NE(text.find("lacks this right"), std::string::npos) << text;
  auto broker = kafka::open(as("bob", "secret", kafka::Sasl::plain)).impl();
  const auto receiver = broker->receiver(queue, "bob");
  std::string problem;
  EXPECT_TRUE(KafkaTest::eventually({receiver.get()}, [&](const ports::Received& got) {
    problem = got.problem;
    return problem.find("no topic for inventory.q") != std::string::npos || problem.find("right") != std::string::npos;
  })) << problem;
}

/// It is one topic's matter.
TEST_F(KafkaSetup, G5_Isolation_AnEventWhoseTopicMayNotBeWrittenToStopsNoOther) {
  auto broker = kafka::open(as("alice", "secret", kafka::Sasl::plain)).impl();
  broker->topology().declare(queue);
  const auto results =
      KafkaTest::publish(broker, {KafkaTest::event("not hers", "1", "stock.gone.v1"), KafkaTest::event("hers", "2")});
  EXPECT_EQ(results.at(0).outcome, Outcome::returned);
  EXPECT_NE(results.at(0).error.find("lacks this right"), std::string::npos) << results.at(0).error;
  EXPECT_EQ(results.at(1).outcome, Outcome::confirmed);
}

TEST_F(KafkaSetup, ThePatternOfAllNeedsARightOnAll) {
  const auto text = kafka::open(trusted()).impl()->topology().permissions("app", {{"all.q", {"#", "order.*"}}});
  EXPECT_NE(text.find("--operation Read --topic '*'"), std::string::npos) << text;
  EXPECT_NE(text.find("--resource-pattern-type prefixed --topic 'order.'"), std::string::npos) << text;
  EXPECT_EQ(text.find("prefixed --topic '*'"), std::string::npos) << "that is a topic whose name begins so";
}

TEST_F(KafkaSetup, TlsWithACertificateOfOursPublishesAndReceives) {
  const Operator op(asks->servers());
  for (const auto* topic : {"stock", "order"}) op.allow("CN=client", topic);
  const ports::Queue own{"stock.q", {"order.created.v1"}};
  auto broker = kafka::open(trusted()).impl();
  broker->topology().declare(own);
  EXPECT_EQ(KafkaTest::publish(broker, {KafkaTest::event("over TLS")}).at(0).outcome, Outcome::confirmed);
  const auto receiver = broker->receiver(own, "test");
  EXPECT_EQ(KafkaTest::bodies(KafkaTest::take(*receiver, 1)).back(), "over TLS");
}

TEST_F(KafkaSetup, ACertificateThatNobodyTrustsIsRefused) {
  auto other = trusted();
  other.tls_ca = *files / "other.pem";
  const auto text = declaring_says<Invalid>(other);
  EXPECT_NE(text.find("broker.tls_ca names the CA"), std::string::npos) << text;
}

TEST_F(KafkaSetup, ANameThatTheCertificateIsNotForIsRefused) {
  auto elsewhere = trusted();
  elsewhere.url.replace(elsewhere.url.find("localhost"), 9, "127.0.0.1");
  const auto text = declaring_says<Invalid>(elsewhere);
  EXPECT_NE(text.find("broker.url the host that it is for"), std::string::npos) << text;
}

TEST_F(KafkaSetup, AFileThatIsNoCertificateIsSaid) {
  auto wrong = trusted();
  wrong.tls_ca = *files / "no such file";
  EXPECT_THROW(kafka::open(wrong).impl()->topology().depth(""), Invalid);
}

struct KafkaTopics : KafkaTest {};

TEST_F(KafkaTopics, ACompactedTopicAndOneThatKeepsTooLongAreRefused) {
  op.make("order.created.v1", 1, {{"cleanup.policy", "compact"}});
  const auto declare = [&] { broker->topology().declare({"inventory.q", {"order.created.*"}}); };
  EXPECT_NE(why<Invalid>(declare).find("is compacted"), std::string::npos);
  op.remove("order.created.v1");
  op.make("order.created.v1", 1, {{"retention.ms", "-1"}});
  EXPECT_NE(why<Invalid>(declare).find("keeps events for ever"), std::string::npos);
  op.remove("order.created.v1");
  op.make("order.created.v1", 1, {{"retention.ms", "3600000"}});
  const auto warnings = broker->topology().declare({"inventory.q", {"order.created.*"}}).warnings;
  EXPECT_TRUE(std::ranges::any_of(warnings, [](const auto& w) { return w.find("keeps events for 1 h") != w.npos; }));
  EXPECT_TRUE(broker->topology().declare({"inventory.q", {"order.created.*"}}).warnings.empty()) << "said once";
}

TEST_F(KafkaTopics, ATopicThatIsGoneIsToldAndANewTypeIsNone) {
  ports::Queue queue{"inventory.q", {"order.created.*"}, true, {}, {"order.created.v1"}};
  broker->topology().declare(queue);
  EXPECT_TRUE(broker->topology().declare(queue).restored.empty());
  queue.types.push_back("order.created.v2"), queue.was_there = true;
  EXPECT_TRUE(broker->topology().declare(queue).restored.empty()) << "a release brings a type that nobody has sent yet";
  op.remove("order.created.v1");
  const auto declared = broker->topology().declare(queue);
  EXPECT_EQ(declared.restored, queue.patterns) << "what `holdfast outbox republish --type` understands";
  EXPECT_TRUE(declared.queue_was_gone);
  op.remove("inventory.dlt");
  EXPECT_TRUE(broker->topology().declare(queue).restored.empty()) << "the originals stand in the database";
}

TEST_F(KafkaTopics, WhatVerifyMissesIsNamedAndApplyMakesIt) {
  auto s = settings(server().url());
  s.options.topology = kafka::Topology::verify;
  auto verifying = open(s);
  const ports::Queue queue{"inventory.order-created.q", {"order.created.v1"}};
  EXPECT_NE(why<Invalid>([&] { verifying->topology().declare(queue); }).find("`holdfast topology apply` makes it"),
            std::string::npos);
  EXPECT_EQ(verifying->topology().differences(queue).size(), 3u);
  ports::Declared missed;
  verifying->topology().apply(queue, missed);
  for (const auto& line : verifying->topology().differences(queue))
    EXPECT_NE(line.find("min.insync.replicas"), std::string::npos) << line;
  EXPECT_NO_THROW(verifying->topology().declare(queue));
  EXPECT_EQ(verifying->topology().describe(queue).size(), 4u);
  EXPECT_NE(verifying->topology().permissions("app", {queue}).find("--group 'inventory.order-created'"),
            std::string::npos);
}

}  // namespace
}  // namespace holdfast::kafka_test
