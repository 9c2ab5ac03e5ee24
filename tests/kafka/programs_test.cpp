// The programs at a broker that says no, or is not there yet: the settings of the broker alone change.
#include "integration/service/programs.hpp"

#include "kafka/fixture.hpp"
#include "postgres_server/databases.hpp"
#include "tls/certificates.hpp"

namespace holdfast::kafka_test {
namespace {

using program_test::contents;
using program_test::eventually;
using program_test::has;
using program_test::Words;

struct KafkaPrograms : program_test::Programs {
  const pg_test::Database database;
};

// Exit code 3, and what to do: nobody has to read the code.
TEST_F(KafkaPrograms, WhatAPersonHasToSettleFirstIsSaid) {
  const tls_test::Certificates files;
  const servers::Kafka asks(
      {.users = {{"bob", "secret"}},
       .tls = servers::Kafka::Tls{.ca = files / "ca.pem", .certificate_and_key = files / "broker-both.pem"}});
  const Words bob{"--broker-url", asks.sasl_url(), "--broker-sasl", "plain", "--broker-username", "bob"};
  const auto and_more = [](Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const Operator op(asks.servers());
  op.make("order.created.v1", 12, {{"cleanup.policy", "compact"}});
  const struct {
    Words broker;
    Words said;
  } all[] = {{and_more(bob, {"--broker-password", "wr0ng"}), {"broker.sasl, broker.username and broker.password"}},
             {and_more(bob, {"--broker-password", "secret"}), {"lacks this right", "holdfast topology permissions"}},
             {{"--broker-url", asks.tls_url(), "--broker-tls-ca", (files / "other.pem").string()},
              {"broker.tls_ca names the CA"}},
             {{"--broker-url", asks.url(), "--broker-topology", "verify"},
              {"there is no such topic", "`holdfast topology apply`"}},
             {{"--broker-url", asks.url()}, {"order.created.v1", "is compacted", "set its cleanup.policy to delete"}}};
  for (const auto& [broker, said] : all) {
    const auto ran = run("inventory-service", and_more({"--database-url", database.url()}, broker));
    EXPECT_EQ(ran.code, 3) << ran.err;
    EXPECT_EQ(ran.out, "") << "it was never ready";
    for (const auto& words : said) EXPECT_TRUE(has(ran.err, words)) << words << " is missing in: " << ran.err;
    for (const auto* password : {"wr0ng", "secret"}) EXPECT_FALSE(has(ran.err, password)) << ran.err;
  }
}

TEST_F(KafkaPrograms, TopologyIsShownMadeAndCompared) {
  const Operator op(server().servers());
  op.empty();
  const auto topology = [&](Words words) {
    words.insert(words.begin(), {"--broker", server().url(), "--broker-partitions", "3", "topology"});
    words.insert(words.end(), {"--queue", "shop.q", "--events", "order.created.v1"});
    return holdfast(words);
  };
  const auto before = topology({"verify"});
  EXPECT_EQ(before.code, 1) << before.err;
  EXPECT_TRUE(has(before.out, "missing: topic order.created.v1, 3 partitions")) << before.out;
  const auto applied = topology({"apply"});
  EXPECT_EQ(applied.code, 0) << applied.err;
  EXPECT_TRUE(has(topology({"show"}).out, "group shop, reads order.created.v1")) << applied.out;
  op.grow("order.created.v1", 5);
  const auto after = topology({"verify"});
  EXPECT_FALSE(has(after.out, "missing")) << after.out;
  EXPECT_TRUE(has(after.out, "topic order.created.v1 has 5 partitions, and 3 are configured")) << after.out;
  EXPECT_TRUE(has(topology({"permissions", "--user", "app"}).out, "kafka-acls.sh")) << applied.out;
}

TEST_F(KafkaPrograms, ABrokerThatIsAwayAtTheStartIsWaitedFor) {
  servers::Kafka own;
  own.stop(SIGTERM);
  auto inventory = start("inventory", {"--database-url", database.url(), "--broker-url", own.url()});
  EXPECT_TRUE(has(contents(file("inventory.log")), "the broker is away; it is waited for"))
      << contents(file("inventory.log"));
  const auto health = [&] { return inventory.http.get("/health/ready"); };
  EXPECT_EQ(health().status, 200) << "a reason, never a 503";
  EXPECT_TRUE(eventually([&] { return has(health().body, "the relay has no session with the broker"); }))
      << health().body;
  own.start(), own.await();
  ASSERT_TRUE(eventually([&] { return has(health().body, R"("detail":"")"); })) << health().body;
  EXPECT_EQ(inventory.http.put("/stock/101", R"({"onHand":10})").status, 200);
  Operator(own.servers())
      .publish("order.created.v1", {.key = "1",
                                    .value = program_test::envelope_of(
                                        EventId::generate(), "order.created.v1",
                                        R"({"orderId":1,"customerId":77,"totalAmount":10.00,"currency":"INR",)"
                                        R"("items":[{"productId":101,"qty":2}]})"),
                                    .headers = {}});
  EXPECT_TRUE(eventually([&] { return program_test::on_hand(inventory.http, 101) == 8; }));
  EXPECT_EQ(inventory.stop(), 0);
}

}  // namespace
}  // namespace holdfast::kafka_test
