// The examples that need PostgreSQL and RabbitMQ, as programs.
#include "integration/service/programs.hpp"
#include "postgres_server/databases.hpp"
#include "rabbitmq_server/brokers.hpp"

namespace holdfast::rabbit_test {
namespace {

using pg_test::Database;
using namespace std::chrono_literals;
using program_test::eventually;

struct RabbitExamples : program_test::Programs {
  const Database database{false};
  const Vhost vhost;
  const std::string owner = database.url("postgres");

  demo::Process example(const std::string& name, const program_test::Words& words = {}) const {
    return demo::Process({HOLDFAST_BIN_DIR "/example_" + name,
                          words,
                          {{"DATABASE_URL", owner}, {"BROKER_URL", vhost.url()}},
                          file(name + ".log")});
  }
};

struct Ready {
  std::string http;
};

TEST_F(RabbitExamples, AServiceProducesConsumesAndArchives) {
  database.sql(
      "CREATE TABLE orders(id bigint GENERATED ALWAYS AS IDENTITY, customer_id bigint, total numeric(18,2));"
      "CREATE TABLE stock(product bigint, on_hand int); INSERT INTO stock VALUES (101, 10);"
      "CREATE TABLE reservations(order_id bigint, state text); CREATE TABLE archive(id uuid, body text)");
  auto service =
      example("3_service", {"--database-url", owner, "--broker-url", vhost.url(), "--http-listen", "127.0.0.1:0"});
  http::Client client(Codec<Ready>::decode(service.read_line(60s)).http);
  const auto placed = client.post("/orders", program_test::one_order("10.00", 101, 2));
  EXPECT_EQ(placed.status, 201) << placed.body;
  EXPECT_TRUE(eventually([&] { return database.sql("SELECT on_hand FROM stock") == "8"; }));
  EXPECT_TRUE(eventually([&] { return database.sql("SELECT count(*) FROM archive") == "2"; }))
      << "the order, and that its stock is reserved";
  EXPECT_EQ(client.post("/orders", R"({"customerId":1,"totalAmount":1,"currency":"INR","items":[]})").status, 422);
  service.signal(SIGTERM);
  EXPECT_EQ(service.wait(), 0);
}

TEST_F(RabbitExamples, AConnectionOfYourOwnPublishesAndConsumes) {
  ASSERT_EQ(holdfast({"--database", owner, "migrate"}).code, 0);
  database.sql(
      "CREATE TABLE orders(id bigint, state text); INSERT INTO orders VALUES (12045, 'new');"
      "CREATE TABLE stock(product bigint, on_hand int); INSERT INTO stock VALUES (101, 10)");
  auto shop = example("4_own_transaction");
  EXPECT_TRUE(eventually([&] { return database.sql("SELECT count(*) FROM holdfast.consumers") == "1"; }));
  demo::Process relay(
      {HOLDFAST_BIN_DIR "/holdfast", {"--database", owner, "--broker", vhost.url(), "relay"}, {}, file("relay.log")});
  EXPECT_TRUE(eventually([&] { return database.sql("SELECT on_hand FROM stock") == "9"; }));
  EXPECT_EQ(database.sql("SELECT state FROM orders"), "placed");
  EXPECT_TRUE(eventually([&] {
    return database.sql("SELECT attempts > 0 FROM holdfast.outbox WHERE type = 'stock.reserved.v1'") == "t";
  })) << "nobody is bound to it: it waits";
  for (auto* program : {&shop, &relay}) {
    program->signal(SIGTERM);
    EXPECT_EQ(program->wait(), 0);
  }
}

}  // namespace
}  // namespace holdfast::rabbit_test
