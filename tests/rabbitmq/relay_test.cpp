// Two relays, one a zombie, among nacks; one that is killed; events that no queue wants and
// events that the broker does not take, which stop nobody else; a broker that is killed.
#include "rabbitmq/relays.hpp"

namespace holdfast::rabbit_test {
namespace {

struct G4_RelaysOnServers : RelayOnServers {
  static constexpr int keys = 40;
  /// A queue that takes five and refuses the rest until somebody takes from it.
  void declare_narrow_queue() const {
    Client other(vhost.url());
    transport::rabbitmq::Table narrow;
    narrow.text("x-queue-type", "quorum").integer("x-max-length", 5).text("x-overflow", "reject-publish");
    other.declare("narrow", std::move(narrow));
    other.channel().exchange("orders.exchange", "topic");
    other.channel().bind("narrow", "orders.exchange", "test.step.*");
  }
  void walk(int steps) { publish_all(keys, walked, walked + steps), walked += steps; }
  void await_nacks() const {
    const auto before = attempts();
    ASSERT_TRUE(eventually([&] { return attempts() > before; })) << "nothing is refused: this test tests nothing";
  }
  int walked = 0;
};

/// Each of the two is once the one that is stopped with events in its hands, and wakes up when they are the other's.
TEST_F(G4_RelaysOnServers, AZombieAmongNacksChangesNeitherOrderNorNumber) {
  declare_narrow_queue();
  Arrivals arrivals(vhost, "narrow");
  auto first = relay("first.log"), second = relay("second.log");
  for (int times = 0; times < 2; ++times) {
    walk(10);
    await_nacks();
    const auto before = arrivals.count();
    ASSERT_TRUE(arrivals.until([&] { return arrivals.count() > before + keys; }));
    const pid_t stopped = owner();
    ASSERT_TRUE(stopped == first.pid() || stopped == second.pid()) << stopped;
    kill(stopped, SIGSTOP);
    walk(10);
    EXPECT_TRUE(arrivals.until([&] { return owner() != stopped; })) << "the other one never took over";
    await_nacks();
    kill(stopped, SIGCONT);  // a zombie with what it had in its hands
    walk(10);
  }
  EXPECT_TRUE(arrivals.until([&] { return arrivals.count() == static_cast<std::size_t>(keys * walked); }))
      << arrivals.count();
  for (int k = 1; k <= keys; ++k) EXPECT_EQ(arrivals.of(std::to_string(k)), up_to(walked)) << "key " << k;
  EXPECT_TRUE(arrivals.until([&] { return pending() == 0; }));
  for (auto* process : {&first, &second}) {
    process->signal(SIGTERM);
    EXPECT_EQ(process->wait(), 0);
  }
}

/// What it had sent and not yet marked is sent again, behind nothing that is later in its key.
TEST_F(G4_RelaysOnServers, OneThatIsKilledLosesNothingAndTheNextGoesOnInOrder) {
  declare("q", "test.step.*");
  Arrivals arrivals(vhost, "q");
  for (int times = 0; times < 3; ++times) {
    auto process = relay();
    walk(300);
    const auto before = arrivals.count();
    ASSERT_TRUE(arrivals.until([&] { return arrivals.count() > before + keys; }));
    process.signal(SIGKILL);
    process.wait();
    EXPECT_GT(pending(), 0) << "it had sent all: this test tests nothing";
  }
  auto last = relay();
  EXPECT_TRUE(arrivals.until([&] { return arrivals.count() == static_cast<std::size_t>(keys * walked); }))
      << arrivals.count();
  for (int k = 1; k <= keys; ++k) EXPECT_EQ(arrivals.of(std::to_string(k)), up_to(walked)) << "key " << k;
  EXPECT_TRUE(sent_all());
}

struct G6_RelayOnServers : RelayOnServers {};

TEST_F(G6_RelayOnServers, WhatNoQueueWantsWaitsAndFlowsByItselfWhenTheBindingIsBack) {
  declare("known", "test.known.*");
  auto process = relay();
  publish("test.lost.v1", "1", 0), publish("test.known.v1", "1", 1), publish("test.known.v1", "2", 0);
  Arrivals known(vhost, "known");
  EXPECT_TRUE(known.until([&] { return known.count() == 1; }));
  EXPECT_TRUE(eventually([&] { return attempts() > 0; }));
  EXPECT_TRUE(eventually([&] { return has(contents(file("relay.log")), "reached no queue"); }));
  EXPECT_TRUE(has(contents(file("relay.log")), "test.lost.v1")) << contents(file("relay.log"));
  EXPECT_EQ(known.of("2"), Numbers{0}) << "another key waits for nobody";
  const auto waiting = outbox({"list"});
  ASSERT_EQ(waiting.size(), 2u) << "the event, and what is behind it in its key";
  EXPECT_EQ(waiting[0].at("type").string(), "test.lost.v1");
  EXPECT_EQ(waiting[0].at("attempts").integer(), 1);
  EXPECT_FALSE(waiting[0].at("refused").boolean());
  EXPECT_NE(waiting[0].at("lastError").string(), "");

  declare("lost", "test.lost.*");
  Arrivals lost(vhost, "lost");
  EXPECT_TRUE(lost.until([&] { return lost.count() == 1; }));
  EXPECT_TRUE(known.until([&] { return known.count() == 2; }));
  EXPECT_EQ(known.of("1"), Numbers{1});
  EXPECT_TRUE(sent_all());
}

TEST_F(G6_RelayOnServers, AKilledBrokerUsesUpNothing) {
  declare("q", "test.step.*");
  Arrivals arrivals(vhost, "q");
  server().settle_new_queues();
  auto process = relay();
  publish_all(20, 0, 200);
  EXPECT_TRUE(arrivals.until([&] { return arrivals.count() > 100; }));  // the others are on their way
  server().stop(SIGKILL);
  publish_all(20, 200, 210);
  EXPECT_TRUE(eventually([&] { return has(contents(file("relay.log")), "tried again"); }))
      << contents(file("relay.log"));
  EXPECT_EQ(attempts(), 0);
  server().start();
  EXPECT_TRUE(arrivals.until([&] { return arrivals.count() == 4'200; })) << arrivals.count();
  for (int k = 1; k <= 20; ++k) EXPECT_EQ(arrivals.of(std::to_string(k)), up_to(210)) << "key " << k;
  EXPECT_TRUE(arrivals.until([&] { return pending() == 0; }));
  EXPECT_EQ(attempts(), 0) << contents(file("relay.log"));
}

struct G5_RelayOnServers : RelayOnServers {
  void publish_too_large(const std::string& key) const {
    database.sql("SELECT holdfast.publish('test.step.v1', '" + key +
                 "', json_build_object('n', 0, 'text', repeat('x', 200000)))");
  }
};

TEST_F(G5_RelayOnServers, WhatTheBrokerDoesNotTakeStopsNobodyElseAndAnOperatorEndsIt) {
  declare("q", "test.step.*");
  std::optional<SmallMessages> small(std::in_place);
  auto process = relay();
  Arrivals arrivals(vhost, "q");
  publish_too_large("large");
  publish("test.step.v1", "unencodable", 0, ", jsonb_build_object(repeat('n', 300), 'a name that AMQP cannot hold')");
  publish("test.step.v1", "large", 1), publish("test.step.v1", "unencodable", 1);
  publish_all(20, 0, 10);
  EXPECT_TRUE(arrivals.until([&] { return arrivals.count() == 200; })) << "the others";
  const auto large = refused("large"), unencodable = refused("unencodable");
  EXPECT_TRUE(eventually([&] { return pending() == 4; }));
  EXPECT_TRUE(has(contents(file("relay.log")), "is refused")) << contents(file("relay.log"));
  publish_all(20, 10, 20);
  EXPECT_TRUE(arrivals.until([&] { return arrivals.count() == 400; })) << "later ones too";
  EXPECT_TRUE(eventually([&] { return pending() == 4; }));

  EXPECT_EQ(command({"discard", unencodable, "--yes"}).out, "{\"done\":1}\n");
  EXPECT_TRUE(arrivals.until([&] { return arrivals.of("unencodable") == Numbers{1}; }));
  EXPECT_EQ(command({"retry", large, "--yes"}).out, "{\"done\":1}\n");
  EXPECT_EQ(refused("large"), large) << "in vain, while the broker is as it was";
  small.reset();
  EXPECT_EQ(command({"retry", large, "--yes"}).out, "{\"done\":1}\n");
  EXPECT_TRUE(arrivals.until([&] { return arrivals.of("large") == up_to(2); }));
  EXPECT_TRUE(sent_all());
}

}  // namespace
}  // namespace holdfast::rabbit_test
