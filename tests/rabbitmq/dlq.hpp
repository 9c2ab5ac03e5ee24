// A PostgreSQL inbox and a DLQ of RabbitMQ, a service between them that fails when it is told to, and the command beside it.
#pragma once
#include "holdfast/contract.hpp"
#include "holdfast/postgres.hpp"
#include "integration/host/place.hpp"
#include "integration/service/programs.hpp"
#include "postgres_server/databases.hpp"
#include "rabbitmq/fixture.hpp"

namespace holdfast::rabbit_test {

using Json = detail::JsonValue;
using host_test::Ears;
using host_test::Placed;
using program_test::envelope_of;
using program_test::eventually;
using program_test::has;
using program_test::Ran;
using program_test::Words;

constexpr auto queue = "shop.test-placed.q", dlq = "shop.test-placed.dlq";

/// A service "shop" that rejects what it gets while it is out of order; and holdfast dlq beside it.
class DlqOnServers : public program_test::Programs {
 protected:
  struct Shop {
    explicit Shop(HostOptions options) : host(std::move(options)) { ears.listen(host); }
    Ears ears;
    Host host;
  };
  DlqOnServers() {
    database.sql("CREATE TABLE effects(id uuid); GRANT ALL ON effects TO app");
    start();
  }
  ~DlqOnServers() override {
    if (!server().running()) server().start();
  }
  void start(bool import_dead_letters = false, const RetryPolicy& retry = {}) {
    shop.emplace(HostOptions{
        .name = "shop",
        .store = postgres::open({.url = database.url(), .acquire_timeout = pg_test::patience}),
        .transport = holdfast::rabbitmq::open(vhost.options()),
        .import_dead_letters = import_dead_letters,
        .log = [](const LogLine&) {},
        .on_dead_letter = [this](const DeadLetter& letter) { dead.add(letter.reason + ": " + letter.error); }});
    shop->host.subscribe({.consumer = "shop", .ordering = Ordering::none, .retry = retry},
                         [this](Context& ctx, const Placed&) {
                           if (out_of_order) throw Reject("the till is broken");
                           if (busy) throw std::runtime_error("the till is busy");
                           ctx.tx().exec("INSERT INTO effects VALUES ($1)", ctx.info().id);
                         });
    shop->host.start();
    EXPECT_TRUE(shop->ears.until([](const Ears::Heard& heard) { return heard.connected.contains("shop"); }));
  }
  EventId publish() {
    return shop->host.store().transact(
        [this](Transaction& tx) { return shop->host.outbox().publish(tx, Placed{1, "one"}); });
  }
  /// Dead in the database, its copy in the broker's DLQ.
  EventId dead_letter() {
    out_of_order = true;
    const auto id = publish();
    EXPECT_TRUE(shop->ears.dead("shop", 1));
    EXPECT_TRUE(eventually([&] { return client.ready(dlq) == 1; }));
    out_of_order = false;
    return id;
  }
  EventId foreign(const std::string& to) {
    const auto id = EventId::generate();
    client.publish(to, {}, envelope_of(id, "test.placed.v2", R"({"orderId":7,"text":"foreign"})"));
    return id;
  }
  Words words(Words verb) const {
    verb.insert(verb.begin(), {"--database", database.url(), "--broker", vhost.url(), "--json", "dlq"});
    return verb;
  }
  Ran command(Words verb) const { return holdfast(words(std::move(verb))); }
  /// Of the database alone.
  std::vector<Json> list() const {
    const auto ran = holdfast({"--database", database.url(), "--json", "dlq", "list"});
    EXPECT_EQ(ran.code, Json::parse(ran.out).elements().empty() ? 0 : 1) << ran.err;
    return Json::parse(ran.out).elements();
  }
  static std::string imported(int taken_in, int known) {
    return "{\"takenIn\":" + std::to_string(taken_in) + ",\"known\":" + std::to_string(known) + "}\n";
  }
  std::string fate(const EventId& id) const {
    return database.sql("SELECT state FROM holdfast.inbox WHERE event_id = '" + id.to_string() + "'");
  }
  bool handled(const EventId& id) const {
    return eventually([&] { return fate(id) == "handled"; });
  }
  std::string effects() const { return database.sql("SELECT count(*), count(DISTINCT id) FROM effects"); }
  std::string dead_rows() const { return database.sql("SELECT count(*) FROM holdfast.deferred WHERE state = 'dead'"); }
  void expect_one_effect(const EventId& id) const {
    EXPECT_TRUE(handled(id)) << fate(id);
    EXPECT_EQ(effects(), "1|1");
    EXPECT_EQ(list().size(), 0u) << "the dead letter is gone";
  }

  const Vhost vhost;
  const pg_test::Database database;
  std::atomic<bool> out_of_order = false, busy = false;
  host_test::Seen dead;
  std::optional<Shop> shop;
  Client client{vhost.url()};
};

}  // namespace holdfast::rabbit_test
