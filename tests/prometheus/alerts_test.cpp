// Each fault is made to happen, on servers that are what they are in production: its alert fires, and when the fault is gone the
// alert goes. What the rules do in detail rules_test.yml tells; this is whether metrics, names and labels carry them.
#include <gtest/gtest.h>

#include <csignal>

#include "holdfast/postgres.hpp"
#include "holdfast/rabbitmq.hpp"
#include "integration/service/programs.hpp"
#include "ports/store_base.hpp"
#include "ports/transport_base.hpp"
#include "prometheus/rules.hpp"
#include "prometheus/world.hpp"

namespace holdfast::prometheus_test {
namespace {

struct Alerts : testing::Test {
  static void SetUpTestSuite() {
    if (!program().empty()) world();
  }
  void SetUp() override {
    if (program().empty()) GTEST_SKIP() << "prometheus is not installed";
  }
  static void expect_fires(const std::string& alert) { EXPECT_TRUE(world().fires(alert)) << alert; }
  static void expect_resolves(const std::string& alert) { EXPECT_TRUE(world().resolves(alert)) << alert << " stays"; }
};

TEST_F(Alerts, DeadLettersAndWhatTheBrokerKeepsOfThem) {
  auto& w = world();
  w.shop.publish(1, "bad");
  expect_fires("HoldfastDeadLetters");
  expect_fires("HoldfastDlqNotEmpty");
  const std::string database = w.folder.url("shop.db"), bus = w.folder.url("bus.db");
  w.command({"--database", database, "--broker", bus, "dlq", "import"});
  expect_resolves("HoldfastDlqNotEmpty");
  w.command({"--database", database, "--broker", bus, "dlq", "discard", "--yes"});
  expect_resolves("HoldfastDeadLetters");
}

TEST_F(Alerts, AnOutboxThatNobodySends) {
  auto& w = world();
  w.lone.publish(1, "waits"), w.lone.publish(2, "refused");
  expect_fires("HoldfastRelayWithoutLease");
  expect_fires("HoldfastPendingTooOld");
  const auto outbox = w.lone.host.store().impl()->outbox();
  const auto row = outbox->read({}, 10).rows.at(1);
  const ports::RowRef ref{row.seq, row.event.id};
  outbox->note_failure({&ref, 1}, "the frame is too large", true);
  expect_fires("HoldfastEventsRefused");
  w.command({"--database", w.folder.url("lone.db"), "outbox", "retry", "--yes"});
  expect_resolves("HoldfastEventsRefused");
  Host relay(w.options("relay", "lone.db", open_transport(w.folder.url("bus.db"))));
  relay.start();
  expect_resolves("HoldfastRelayWithoutLease");
  expect_resolves("HoldfastPendingTooOld");
  relay.stop();
}

TEST_F(Alerts, AKeyThatIsBlocked) {
  auto& w = world();
  w.failing = true;
  w.shop.publish(7, "fails"), w.shop.publish(7, "behind it");
  expect_fires("HoldfastKeyBlocked");
  w.failing = false;
  expect_resolves("HoldfastKeyBlocked");
}

TEST_F(Alerts, AConsumerThatIsSlowOrWaits) {
  auto& w = world();
  w.slow = true, w.away = true;
  for (int i = 0; i < 10; ++i) w.shop.publish(100 + i, "many");
  expect_fires("HoldfastConsumerLag");
  expect_fires("HoldfastConsumerStopped");
  w.away = false, w.slow = false, w.slow.notify_all();
  expect_resolves("HoldfastConsumerLag");
  expect_resolves("HoldfastConsumerStopped");
}

TEST_F(Alerts, DuplicatesThatSurge) {
  auto& w = world();
  const auto id = EventId::generate();
  const std::string type(Placed::type), body = program_test::envelope_of(id, type, R"({"orderId":5,"text":"again"})");
  EXPECT_TRUE(program_test::eventually([&] {
    for (int i = 0; i < 10; ++i) program_test::send(w.folder.url("bus.db"), id, type, body, "strict.test-placed.q");
    return w.prometheus.fires("HoldfastDuplicatesSurge");
  }));
  expect_resolves("HoldfastDuplicatesSurge");
}

TEST_F(Alerts, EventsThatReachNoQueue) {
  auto& w = world();
  const auto bus = holdfast::rabbitmq::open(w.vhost.options());
  bus.impl()->topology().declare({"another.q", {"test.another.*"}, true});  // with it comes the exchange
  w.rabbit.publish(1, "for nobody");
  expect_fires("HoldfastEventsReturned");
  bus.impl()->topology().declare({"late.q", {"test.placed.*"}, true});
  expect_resolves("HoldfastEventsReturned");
}

TEST_F(Alerts, ABrokerThatTakesNothingAndOneThatIsAway) {
  auto& w = world();
  rabbit_test::server().ctl({"set_vm_memory_high_watermark", "0.000001"});
  EXPECT_TRUE(program_test::eventually([&, n = 0]() mutable {
    w.rabbit.publish(++n, "blocked");
    return w.prometheus.fires("HoldfastBrokerBlocked");
  }));
  rabbit_test::server().ctl({"set_vm_memory_high_watermark", "0.4"});
  expect_resolves("HoldfastBrokerBlocked");
  rabbit_test::server().stop(SIGTERM);
  expect_fires("HoldfastRelayDisconnected");
  rabbit_test::server().start();
  expect_resolves("HoldfastRelayDisconnected");
}

TEST_F(Alerts, ADatabaseThatCannotBeLookedAt) {
  host_test::Db db(world().folder.file("lone.db"));
  db.exec("ALTER TABLE holdfast_outbox_published RENAME TO hidden");
  expect_fires("HoldfastGaugesStale");
  expect_fires("HoldfastRetentionBehind");
  db.exec("ALTER TABLE hidden RENAME TO holdfast_outbox_published");
  expect_resolves("HoldfastGaugesStale");
  expect_resolves("HoldfastRetentionBehind");
}

TEST_F(Alerts, ASnapshotThatIsOld) {
  auto& w = world();
  {
    const Store other = holdfast::postgres::open({.url = w.database.url("owner"), .connections = 1});
    Transaction snapshot = other.impl()->begin_read();
    snapshot.query<int>("SELECT 1").one();
    for (int i = 0; i < 60; ++i) w.database.sql("SELECT pg_current_xact_id()");
    expect_fires("HoldfastOldSnapshot");
  }
  expect_resolves("HoldfastOldSnapshot");
}

TEST_F(Alerts, AServiceThatIsDown) {
  auto& w = world();
  w.daemon->signal(SIGKILL), w.daemon->wait();
  expect_fires("HoldfastServiceDown");
  w.start_daemon();
  expect_resolves("HoldfastServiceDown");
}

/// Each alert has a fault in this file, a line of its own in the rules' test, and a section in the operator's page.
TEST(Runbook, HasASectionForEachAlert) {
  const auto rules = deployed_rules(), page = program_test::contents(HOLDFAST_SOURCE_DIR "/docs/operations.md"),
             faults = program_test::contents(HOLDFAST_SOURCE_DIR "/tests/prometheus/alerts_test.cpp"),
             unit = program_test::contents(HOLDFAST_SOURCE_DIR "/tests/prometheus/rules_test.yml");
  int alerts = 0;
  const std::regex named("- alert: (\\w+)"), link("runbook: \"docs/operations.md#(\\w+): ");
  for (std::sregex_iterator at(rules.begin(), rules.end(), named), end; at != end; ++at, ++alerts) {
    const std::string name = (*at)[1];
    std::string anchor = name;
    std::ranges::transform(anchor, anchor.begin(), [](unsigned char c) { return std::tolower(c); });
    EXPECT_NE(page.find("### " + name + "\n"), std::string::npos) << name << " is not in docs/operations.md";
    EXPECT_NE(rules.find("docs/operations.md#" + anchor + ": "), std::string::npos) << name << " has no runbook line";
    EXPECT_NE(faults.find("expect_resolves(\"" + name + "\")"), std::string::npos)
        << name << " is never made to resolve";
    EXPECT_NE(unit.find("- name: " + name + "\n"), std::string::npos) << name << " is not in rules_test.yml";
  }
  EXPECT_GE(alerts, 15);
}

}  // namespace
}  // namespace holdfast::prometheus_test
