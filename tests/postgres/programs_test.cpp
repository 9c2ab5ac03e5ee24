// The programs on PostgreSQL: the URL of the database alone changes.
#include <optional>

#include "holdfast/connect.hpp"
#include "holdfast/outbox.hpp"
#include "holdfast/testing.hpp"
#include "integration/service/programs.hpp"
#include "postgres_server/databases.hpp"
#include "postgres_server/pgbouncer.hpp"

namespace holdfast::pg_test {
namespace {

using program_test::eventually;
using program_test::has;
using program_test::member;
using program_test::on_hand;
using program_test::one_order;
using program_test::Service;
using program_test::Words;

class PostgresPrograms : public program_test::Programs {
 protected:
  Service start(const std::string& name, const Database& database, const Words& more = {}) {
    Words words{"--database-url", bouncer ? bouncer->url("app", database.name()) : database.url()};
    if (bouncer) words.insert(words.end(), {"--database-pooler", "true"});
    words.insert(words.end(), more.begin(), more.end());
    return Programs::start(name, words);
  }
  void orders_go_through_all_three();
  std::optional<PgBouncer> bouncer;  // before the services
};

void PostgresPrograms::orders_go_through_all_three() {
  const Database orders, stock, payments;
  declare_queues();
  auto order = start("order", orders), inventory = start("inventory", stock), payment = start("payment", payments);
  EXPECT_EQ(inventory.http.put("/stock/101", "{\"onHand\":10}").status, 200);
  EXPECT_EQ(order.http.post("/orders", one_order("10.00", 101, 3)).status, 201);
  EXPECT_EQ(order.http.post("/orders", one_order("10.02", 101, 1)).status, 201);  // its card is declined
  EXPECT_EQ(order.http.post("/orders", one_order("10.00", 101, 100)).status, 201);  // out of stock
  EXPECT_TRUE(eventually([&] { return member(order.http, "/orders/1", "status") == "\"confirmed\""; }));
  EXPECT_TRUE(eventually([&] { return member(order.http, "/orders/2", "status") == "\"cancelled\""; }));
  EXPECT_TRUE(eventually([&] { return member(order.http, "/orders/3", "status") == "\"cancelled\""; }));
  EXPECT_TRUE(eventually([&] { return on_hand(inventory.http, 101) == 7; }));
  EXPECT_TRUE(eventually([&] { return member(payment.http, "/payments/3", "status") == "\"refunded\""; }));
  EXPECT_EQ(member(payment.http, "/payments/1", "amount"), "10.00");
  EXPECT_EQ(orders.sql("SELECT count(*) FROM holdfast.processed_events WHERE Consumer = 'order'") > "0", true);
  for (Service* service : {&order, &inventory, &payment}) EXPECT_EQ(service->stop(), 0);
  EXPECT_EQ(orders.sql("SELECT count(*) FROM holdfast.outbox"), "0");
}

TEST_F(PostgresPrograms, AnOrderGoesThroughAllThree) { orders_go_through_all_three(); }

TEST_F(PostgresPrograms, AnOrderGoesThroughAllThreeBehindPgBouncer) {
  if (!PgBouncer::installed()) GTEST_SKIP() << "pgbouncer is not installed";
  bouncer.emplace(false);
  orders_go_through_all_three();
}

TEST_F(PostgresPrograms, AnActIsKeptWithItsNote) {
  const Database orders;
  const auto on = [&](Words words) {
    words.insert(words.begin(), {"--database", orders.url()});
    return holdfast(words);
  };
  ASSERT_EQ(on({"migrate"}).code, 0);
  ASSERT_EQ(on({"publish", "order.created.v1", "k", "{}"}).code, 0);
  const auto ran = on({"outbox", "discard", "--yes", "--note", "ticket 7"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(
      orders.sql("SELECT what || '; ' || selection || '; ' || note || '; ' || result FROM holdfast.operator_actions"),
      "outbox discard; all; ticket 7; done");
}

TEST_F(PostgresPrograms, TheSameIdempotencyKeyTwiceAtOnceIsOneOrder) {
  const Database orders;
  declare_queues();
  auto order = start("order", orders);
  constexpr int clients = 6;
  std::vector<std::thread> threads;
  threads.reserve(clients);
  std::atomic<int> created = 0;
  for (int i = 0; i < clients; ++i)
    threads.emplace_back([&] {
      http::Client client(order.url);
      if (client.post("/orders", one_order(), {{"idempotency-key", "one"}}).status == 201) ++created;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(created, clients);
  EXPECT_EQ(orders.sql("SELECT count(*) FROM orders"), "1");
  EXPECT_EQ(order.stop(), 0);
}

TEST_F(PostgresPrograms, AServerThatGoesAwayIsA503AndComesBackByItself) {
  const Database orders;
  declare_queues();
  auto order = start("order", orders);
  EXPECT_EQ(order.http.post("/orders", one_order()).status, 201);
  server().stop(SIGQUIT);
  EXPECT_EQ(order.http.post("/orders", one_order()).status, 503);
  EXPECT_EQ(order.http.get("/health/ready").status, 503);
  server().start();
  EXPECT_TRUE(eventually([&] { return order.http.post("/orders", one_order()).status == 201; }));
  EXPECT_TRUE(eventually([&] { return orders.sql("SELECT count(*) FROM holdfast.outbox") == "0"; }));
  EXPECT_EQ(order.stop(), 0);
}

TEST_F(PostgresPrograms, AServerThatIsAwayAtTheStartIsWaitedForOneThatSaysNoIsNot) {
  const Database orders;
  declare_queues();
  const auto wrong =
      run("order-service",
          {"--database-url", "postgres://app:nope@127.0.0.1:" + std::to_string(server().port()) + "/" + orders.name(),
           "--broker-url", url("bus.db")});
  EXPECT_EQ(wrong.code, 3);
  EXPECT_TRUE(has(wrong.err, "Check user and password")) << wrong.err;
  EXPECT_FALSE(has(wrong.err, "nope"));
  for (const auto* port : {"bad", "0", "65536"}) {
    const auto typo =
        run("order-service", {"--database-url", "postgres://app:nope@127.0.0.1:" + std::string(port) + "/app"});
    EXPECT_EQ(typo.code, 2);
    EXPECT_TRUE(has(typo.err, "the port is a number from 1 to 65535")) << typo.err;
  }
  server().stop(SIGQUIT);
  demo::Process order(command("order", {"--database-url", orders.url()}));
  EXPECT_TRUE(eventually(
      [&] { return has(program_test::contents(file("order.log")), "the database is away; it is waited for"); }));
  server().start();
  EXPECT_TRUE(has(order.read_line(std::chrono::seconds(60)), "ready"));
  order.signal(SIGTERM);
  EXPECT_EQ(order.wait(), 0);
}

TEST_F(PostgresPrograms, TheRelayWaitsForAServerThatIsAwayAtTheStart) {
  const Database orders;
  declare_queues();
  server().stop(SIGQUIT);
  demo::Process relay({HOLDFAST_BIN_DIR "/holdfast",
                       {"--database", orders.url(), "--broker", url("bus.db"), "relay"},
                       {},
                       file("relay.log")});
  EXPECT_TRUE(eventually([&] { return has(program_test::contents(file("relay.log")), "it is waited for"); }));
  server().start();
  EXPECT_TRUE(has(relay.read_line(patience), "ready"));
  relay.signal(SIGTERM);
  EXPECT_EQ(relay.wait(), 0);
}

/// It answered, and then something was in the way of what a start has to do.
TEST_F(PostgresPrograms, AStartThatMeetsALockIsTriedAgain) {
  const Database orders;
  declare_queues();
  Store store = open_store(orders.url("owner"));
  std::optional<Transaction> other(store.begin());
  other->exec("LOCK TABLE holdfast.schema_version");
  demo::Process order(command("order", {"--database-url", orders.url()}));
  EXPECT_TRUE(eventually([&] { return has(program_test::contents(file("order.log")), "it is waited for"); }));
  other.reset();
  EXPECT_TRUE(has(order.read_line(patience), "ready"));
  order.signal(SIGTERM);
  EXPECT_EQ(order.wait(), 0);
}

// Exit code 3, and what to do: nobody has to read the code.
TEST_F(PostgresPrograms, WhatAPersonHasToSettleFirstIsSaid) {
  const auto refuses = [&](const Database& database) {
    const auto ran = run("order-service", {"--database-url", database.url(), "--broker-url", url("bus.db")});
    EXPECT_EQ(ran.code, 3) << ran.err;
    return ran.err;
  };
  const Database no_rights(false);
  no_rights.sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC");  // as it is from 15 on
  EXPECT_TRUE(has(refuses(no_rights), "GRANT CREATE ON SCHEMA public"));
  no_rights.sql("GRANT CREATE ON SCHEMA public TO app");
  EXPECT_TRUE(has(refuses(no_rights), "`holdfast migrate --print-grants` prints what its owner has to run"));
  const Database some_rights;
  some_rights.sql("REVOKE UPDATE ON holdfast.inbox FROM app");
  EXPECT_TRUE(has(refuses(some_rights), "the role may not read and write holdfast.inbox"));
  const Database newer;
  newer.sql("UPDATE holdfast.schema_version SET version = 9, oldest_reader = 9");
  EXPECT_TRUE(has(refuses(newer), "upgrade this program"));
  EXPECT_EQ(newer.sql("SELECT version FROM holdfast.schema_version"), "9");
}

TEST_F(PostgresPrograms, TheCommandWorksOnIt) {
  const Database database(false);
  const auto grants = holdfast({"migrate", "--print-grants", "--owner", "owner", "--app", "app"},
                               {{"HOLDFAST_DATABASE_URL", database.url()}});
  ASSERT_EQ(grants.code, 0);
  database.sql(grants.out);
  const auto as = [&](const char* role, Words words) {
    words.insert(words.begin(), {"--database", database.url(role)});
    return holdfast(words);
  };
  EXPECT_EQ(as("app", {"migrate"}).code, 3);
  EXPECT_EQ(as("app", {"migrate", "--check"}).code, 1);
  EXPECT_EQ(as("owner", {"migrate"}).code, 0);
  EXPECT_EQ(as("app", {"migrate", "--check"}).code, 0);
  EXPECT_EQ(as("app", {"publish", "order.created.v1", "7", "{}"}).code, 0);
  const auto status = as("app", {"status"});
  EXPECT_EQ(status.code, 0);
  EXPECT_TRUE(has(status.out, " 1 ")) << status.out;
  EXPECT_FALSE(has(status.out, "secret"));
  const auto list = as("app", {"--json", "outbox", "list"});
  EXPECT_TRUE(has(list.out, "order.created.v1")) << list.out << list.err;
  EXPECT_EQ(as("app", {"deferred", "list"}).code, 0);
  EXPECT_EQ(as("nobody", {"status"}).code, 3);
}

TEST_F(PostgresPrograms, ARelaySendsWhatPsqlPublished) {
  const Database shop, stock;
  declare_queues();
  auto inventory = start("inventory", stock);
  EXPECT_EQ(inventory.http.put("/stock/101", "{\"onHand\":10}").status, 200);
  demo::Process relay({HOLDFAST_BIN_DIR "/holdfast",
                       {"--database", shop.url(), "--broker", url("bus.db"), "relay"},
                       {},
                       file("relay.log")});
  EXPECT_TRUE(has(relay.read_line(std::chrono::seconds(30)), "ready"));
  shop.sql(
      "SELECT holdfast.publish('order.created.v1', '12045', '{\"orderId\": 12045, \"customerId\": 77, \"totalAmount\": "
      "10.00,"
      " \"currency\": \"INR\", \"items\": [{\"productId\": 101, \"qty\": 2}]}')");
  EXPECT_TRUE(eventually([&] { return on_hand(inventory.http, 101) == 8; }));
  relay.signal(SIGTERM);
  EXPECT_EQ(relay.wait(), 0);
  EXPECT_EQ(inventory.stop(), 0);
}

/// Its sessions stand still as on a hung disk: nothing is refused, nothing answers.
class Frozen {
 public:
  explicit Frozen(const Database& database) {
    std::istringstream pids(database.sql(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"));
    for (pid_t pid = 0; pids >> pid;) {
      pids_.push_back(pid);
      EXPECT_EQ(kill(pid, SIGSTOP), 0);
    }
  }
  ~Frozen() {
    for (const pid_t pid : pids_) kill(pid, SIGCONT);
  }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

 private:
  std::vector<pid_t> pids_;
};

/// No consumer is there to be late.
TEST_F(PostgresPrograms, AServerThatNeverAnswersKeepsNoProgramForEver) {
  const Database shop;
  demo::Process relay({HOLDFAST_BIN_DIR "/holdfast",
                       {"--database", shop.url(), "--broker", url("bus.db"), "relay", "--shutdown-deadline", "1s"},
                       {},
                       file("relay.log")});
  EXPECT_TRUE(has(relay.read_line(std::chrono::seconds(30)), "ready"));
  ASSERT_TRUE(eventually([&] { return has(shop.sql("SELECT count(*) FROM holdfast.relay_lease"), "1"); }));
  const Frozen sessions(shop);  // the relay's among them: it has the lease
  relay.signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return !relay.running(); }));
  EXPECT_EQ(relay.wait(), 70);
  EXPECT_TRUE(
      has(program_test::contents(file("relay.log")), "by its deadline: the database keeps the "))  // relay, upkeep
      << program_test::contents(file("relay.log"));
}

struct Counted {
  static constexpr std::string_view type = "counted.v1";
  std::int64_t n = 0;
  std::string key() const { return std::to_string(n); }
};

// The user's harness on a real server, for SQL that SQLite does not speak; its time is the harness's.
TEST(PostgresHarness, HandlersRunOnARealServer) {
  const Database database;
  Store store = open_store(database.url());
  store.transact([](Transaction& tx) { tx.exec("CREATE TABLE effects(n bigint[])"); });
  testing::Harness harness(store);
  int tries = 0;
  harness.host().subscribe({.consumer = "counter"}, [&](Context& ctx, const Counted& event) {
    if (++tries == 1) throw std::runtime_error("not yet");
    ctx.tx().exec("INSERT INTO effects VALUES (ARRAY[$1]::bigint[])", event.n);
  });
  const EventId id = harness.deliver(Counted{7});
  EXPECT_EQ(tries, 1);
  harness.advance(std::chrono::milliseconds(800));
  EXPECT_EQ(tries, 1);  // due after a second, by the harness's clock
  harness.advance(std::chrono::seconds(2));
  EXPECT_EQ(tries, 2);
  harness.deliver_again(id);
  EXPECT_EQ(harness.duplicates_absorbed(), 1);
  EXPECT_EQ(database.sql("SELECT count(*) FROM effects"), "1");
}

}  // namespace
}  // namespace holdfast::pg_test
