// The programs at a broker that says no, or is not there yet: the URL of the broker alone changes.
#include "integration/service/programs.hpp"
#include "postgres_server/databases.hpp"
#include "rabbitmq/fixture.hpp"
#include "tls/certificates.hpp"

namespace holdfast::rabbit_test {
namespace {

using program_test::contents;
using program_test::eventually;
using program_test::has;

struct RabbitPrograms : program_test::Programs {
  ~RabbitPrograms() override {
    if (!server().running()) server().start();
  }
  static std::string url_of(const std::string& user, const std::string& vhost) {
    return "amqp://" + user + "@127.0.0.1:" + std::to_string(server().port()) + "/" + vhost;
  }
  static std::string two_of_stock() {
    return program_test::envelope_of(EventId::generate(), "order.created.v1",
                                     R"({"orderId":7,"customerId":77,"totalAmount":10.00,"currency":"INR",)"
                                     R"("items":[{"productId":101,"qty":2}]})");
  }
  const pg_test::Database database;
  const Vhost vhost;
};

// Exit code 3, and what to do: nobody has to read the code.
TEST_F(RabbitPrograms, WhatAPersonHasToSettleFirstIsSaid) {
  const Vhost other;
  RabbitTest::open(other.options())->topology().declare({"inventory.order-created.q", {"#"}, true});
  const struct {
    std::string broker;
    program_test::Words said;
  } all[] = {{url_of("holdfast:wr0ng", vhost.name()), {"login of holdfast", "403"}},
             {url_of("holdfast:secret", "nowhere"), {"nowhere", "530"}},
             {vhost.url_as("reader", "", "", ".*"), {"403", "set_permissions"}},
             {other.url(), {"inventory.order-created.q", "x-single-active-consumer", "stays as it is"}}};
  for (const auto& [broker, said] : all) {
    const auto ran = run("inventory-service", {"--database-url", database.url(), "--broker-url", broker});
    EXPECT_EQ(ran.code, 3) << ran.err;
    EXPECT_EQ(ran.out, "") << "it was never ready";
    for (const auto& words : said) EXPECT_TRUE(has(ran.err, words)) << words << " is missing in: " << ran.err;
    for (const auto* password : {"wr0ng", "secret"}) EXPECT_FALSE(has(ran.err, password)) << ran.err;
  }
}

TEST_F(RabbitPrograms, ABrokerThatIsAwayAtTheStartIsWaitedFor) {
  server().stop(SIGTERM);
  const pg_test::Database orders;
  auto inventory = start("inventory", {"--database-url", database.url(), "--broker-url", vhost.url()}),
       order = start("order", {"--database-url", orders.url(), "--broker-url", vhost.url()});
  EXPECT_TRUE(has(contents(file("inventory.log")), "the broker is away; it is waited for"))
      << contents(file("inventory.log"));
  const auto health = [&] { return inventory.http.get("/health/ready"); };
  EXPECT_EQ(health().status, 200) << "a reason, never a 503";
  EXPECT_TRUE(eventually([&] { return has(health().body, "the relay has no session with the broker"); }))
      << health().body;
  EXPECT_EQ(order.http.post("/orders", program_test::one_order("10.00", 205)).status, 201) << "it is kept until then";
  server().start();
  ASSERT_TRUE(eventually([&] { return has(health().body, R"("detail":"")"); })) << health().body;
  EXPECT_EQ(inventory.http.put("/stock/101", R"({"onHand":10})").status, 200);
  Client client(vhost.url());
  client.publish("inventory.order-created.q", {}, two_of_stock());
  EXPECT_TRUE(eventually([&] { return program_test::on_hand(inventory.http, 101) == 8; }));
  EXPECT_TRUE(eventually([&] { return orders.sql("SELECT count(*) FROM holdfast.outbox_published") != "0"; }));
  EXPECT_EQ(inventory.stop(), 0);
  EXPECT_EQ(order.stop(), 0);
}

TEST_F(RabbitPrograms, ByTlsWithWhatTheConfigurationNames) {
  const tls_test::Certificates files;
  const servers::Rabbit broker({.tls = servers::Rabbit::Tls{.ca = files / "ca.pem",
                                                            .certificate = files / "broker.pem",
                                                            .key = files / "broker.key",
                                                            .asks_client = true}});
  const auto with = [&](const char* ca) {
    return program_test::Words{"--database-url",    database.url(),
                               "--broker-url",      broker.tls_url(),
                               "--broker-tls-ca",   (files / ca).string(),
                               "--broker-tls-cert", (files / "client.pem").string(),
                               "--broker-tls-key",  (files / "client.key").string()};
  };
  const auto refused = run("inventory-service", with("other.pem"));
  EXPECT_EQ(refused.code, 3) << refused.err;
  EXPECT_TRUE(has(refused.err, "certificate")) << refused.err;
  auto inventory = start("inventory", with("ca.pem"));
  EXPECT_EQ(inventory.http.put("/stock/101", R"({"onHand":10})").status, 200);
  Client(broker.url()).publish("inventory.order-created.q", {}, two_of_stock());
  EXPECT_TRUE(eventually([&] { return program_test::on_hand(inventory.http, 101) == 8; }));
  EXPECT_EQ(inventory.stop(), 0);
}

}  // namespace
}  // namespace holdfast::rabbit_test
