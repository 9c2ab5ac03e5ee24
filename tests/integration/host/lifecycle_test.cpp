// The life of a host: what it refuses, how it starts without its broker, how it ends without its broker or database.
#include <algorithm>
#include <atomic>
#include <holdfast/sqlite.hpp>
#include <thread>

#include "place.hpp"
#include "ports/transport_base.hpp"

namespace holdfast::host_test {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

struct HostLife : Place {
  void subscribe(const std::string& consumer) {
    host.subscribe(taking(consumer), [](Context& ctx, const Placed& placed) { effect(ctx, placed.text); });
  }
  bool logged(const std::string& part) {
    for (const auto& line : log())
      if (line.find(part) != std::string::npos) return true;
    return false;
  }
};
struct G1_HostEnd : HostLife {};
struct G6_Outage : HostLife {};

TEST_F(HostLife, RefusesWhatCannotBeMeant) {
  subscribe("one");
  const auto refused = [&](Subscription subscription) {
    try {
      host.subscribe(std::move(subscription), [](Context&, const Placed&) {});
    } catch (const Invalid& wrong) { return wrong.where(); }
    return std::string("accepted");
  };
  EXPECT_EQ(refused(taking("one")), "consumer");
  EXPECT_EQ(refused(taking("")), "consumer");
  auto two = taking("two");
  two.partitions = 2;
  EXPECT_EQ(refused(two), "partitions");
  two = taking("two");
  two.queue = "one.test-placed.q";
  EXPECT_EQ(refused(two), "queue") << "two consumers of one queue would each miss what the other takes";
  two = taking("two");
  two.batch = 0;
  EXPECT_EQ(refused(two), "batch");
  EXPECT_THROW(host.subscribe(taking("any"), [](Context&, const Envelope&) {}), Invalid) << "any event, but which?";
  for (const int wide : {0, 2001}) {
    auto other = options("other", "other.db");
    other.in_flight = wide;
    EXPECT_THROW(Host(std::move(other)), Invalid) << wide;
  }
}

TEST_F(HostLife, IsToldEverythingBeforeItStartsAndStartsOnce) {
  host.start();
  EXPECT_THROW(subscribe("late"), std::logic_error);
  EXPECT_THROW(host.upcast([](const PlacedV1& old) { return Placed{old.order, ""}; }), std::logic_error);
  EXPECT_THROW(host.start(), std::logic_error);
  host.stop();
  host.stop();
  EXPECT_THROW(host.start(), std::logic_error);
}

TEST_F(HostLife, DestroyedWithoutStart) {
  subscribe("one");
  EXPECT_FALSE(host.health().ready);
  EXPECT_EQ(host.health().detail, "not started");
}

TEST_F(HostLife, AStartThatThrowsLeavesNothingAndMayBeTriedAgain) {
  host.upcast([](const PlacedV1& old) { return Placed{old.order, ""}; });
  subscribe("one");
  Db db(folder.file("test.db"));
  db.exec(
      "BEGIN; CREATE TABLE holdfast_schema_version(only_row INTEGER PRIMARY KEY CHECK (only_row = 1), version INTEGER "
      "NOT NULL, oldest_reader INTEGER NOT NULL);"
      "INSERT INTO holdfast_schema_version VALUES (1, 9999, 9999); COMMIT");
  EXPECT_THROW(host.start(), Invalid) << "a schema of the future";
  EXPECT_THROW(host.start(), Invalid);
  db.exec("DROP TABLE holdfast_schema_version");
  host.start();
  publish({1, "a"});
  EXPECT_TRUE(ears.handled("one", 1));
  host.stop();
  EXPECT_EQ(effects(), Strings{"a"});
}

TEST_F(HostLife, AQueueOfAnotherOrderingIsRefusedAtStart) {
  subscribe("one");
  host.start();
  ASSERT_TRUE(ears.until([](const Ears::Heard& h) { return h.connected.contains("one"); }));
  Host other(options("other", "other.db"));
  auto subscription = taking("one");
  subscription.ordering = Ordering::none;
  other.subscribe(subscription, [](Context&, const Placed&) {});
  EXPECT_THROW(other.start(), Invalid);
  EXPECT_FALSE(other.health().ready);
}

TEST_F(HostLife, ABindingPutBackIsToldWithTheCommandThatSendsAgain) {
  subscribe("c");
  host.start();
  ASSERT_TRUE(ears.until([](const Ears::Heard& h) { return h.connected.contains("c"); }));
  Db(folder.file("bus.db")).exec("DELETE FROM bindings");
  host.impl().subscribers().front().declare();
  host.stop();
  EXPECT_TRUE(logged("a binding was missing and is there again"));
  EXPECT_TRUE(logged("flags=--to c.test-placed.q --type 'test.placed.*' --since 2"))
      << "when it was last known to be there";
}

TEST_F(HostLife, AQueueDeletedWhileItsConsumerWasDownIsToldWithTheCommandThatSendsAgain) {
  const auto run_once_more = [this] {
    Host again(options("test", "test.db"));
    again.subscribe(taking("c"), [](Context&, const Placed&) {});
    again.start();
  };
  subscribe("c");
  host.start();
  ASSERT_TRUE(ears.until([](const Ears::Heard& h) { return h.connected.contains("c"); }));
  host.stop();
  run_once_more();
  EXPECT_FALSE(logged("a queue was gone")) << "first it was new, then it was there";
  Db(folder.file("bus.db")).exec("DELETE FROM bindings; DELETE FROM queues");
  run_once_more();
  EXPECT_TRUE(logged("a queue was gone and is there again, empty"));
  EXPECT_TRUE(logged("flags=--to c.test-placed.q --type 'test.placed.*'"));
  EXPECT_FALSE(logged("--since")) << "what waited in it may be of any age";
}

TEST_F(HostLife, HealthAndPublishGoOnWhileItStops) {
  subscribe("one");
  host.start();
  publish({1, "a"});
  ASSERT_TRUE(ears.handled("one", 1));
  std::jthread asker([this](const std::stop_token& stop) {
    for (int i = 100; !stop.stop_requested(); ++i)
      (void)host.health(), (void)host.metrics(), publish({i, std::to_string(i)});
  });
  std::jthread second([this] { host.stop(); });
  host.stop();
  second.join();
  asker = {};
  EXPECT_FALSE(host.health().ready);
}

TEST_F(HostLife, TwoHostsOfOneProcessShareABus) {
  host.start();
  Ears others;
  Host consumer(options("consumer", "consumer.db"));
  others.listen(consumer);
  consumer.subscribe(taking("c"), [this](Context&, const Placed& placed) { seen.add(placed.text); });
  consumer.start();
  ASSERT_TRUE(others.until([](const Ears::Heard& h) { return h.connected.contains("c"); }));
  for (int i = 0; i < 50; ++i) publish({1, std::to_string(i)});
  EXPECT_TRUE(others.handled("c", 50));
  consumer.stop(), host.stop();
  ASSERT_EQ(seen.all().size(), 50u);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(seen.all()[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST_F(HostLife, TwoReceiversOfOneConsumerEachEventOnce) {
  Host twin(options("twin", "test.db"));
  ears.listen(twin);
  const auto work = [](Context& ctx, const Placed& placed) { effect(ctx, placed.text); };
  for (auto* each : {&host, &twin}) each->subscribe({.consumer = "c", .ordering = Ordering::none}, work);
  host.start(), twin.start();
  for (int i = 0; i < 100; ++i) publish({i, std::to_string(i)});
  ASSERT_TRUE(ears.handled("c", 100));
  twin.stop(), host.stop();
  EXPECT_EQ(effects().size(), 100u);
}

TEST_F(G1_HostEnd, WhatRunsIsFinishedAndAcknowledged) {
  std::atomic<bool> stopping = false;
  host.subscribe(taking("slow"), [&](Context& ctx, const Placed& placed) {
    seen.add("began");
    while (!ctx.stopping().stop_requested()) std::this_thread::yield();
    stopping = true;
    effect(ctx, placed.text);
  });
  host.start();
  const auto id = publish({1, "a"});
  std::jthread stopper([&] {
    while (seen.all().empty()) std::this_thread::yield();
    host.stop();
  });
  stopper.join();
  EXPECT_TRUE(stopping);
  EXPECT_EQ(state("slow", id), "handled");
  EXPECT_EQ(Db(folder.file("bus.db")).one("SELECT count(*) FROM events"), "0")
      << "not acknowledged: it would come again";
  EXPECT_EQ(Db(folder.file("test.db")).one("SELECT count(*) FROM holdfast_consumers WHERE clean_end = 1"), "1");
}

/// Somebody else has the file's one writer.
struct Locked {
  explicit Locked(const std::string& file) : db(file) { db.exec("BEGIN IMMEDIATE"); }
  void free() { db.exec("ROLLBACK"); }
  Db db;
};

TEST_F(G6_Outage, StartsWithoutItsBusAndGoesOnWhenItIsBack) {
  open_transport(folder.url("bus.db"))
      .impl()
      ->topology()
      .declare({"one.test-placed.q", {"test.placed.*"}});  // a bus that was in use
  Locked bus(folder.file("bus.db"));
  subscribe("one");
  host.start();
  publish({1, "a"});
  ASSERT_TRUE(ears.until([](const Ears::Heard& h) { return h.disconnected.contains("one"); }));
  EXPECT_TRUE(host.health().ready) << "a broker that is away is a reason, not a refusal";
  EXPECT_NE(host.health().detail.find("consumer one does not receive"), std::string::npos) << host.health().detail;
  bus.free();
  ASSERT_TRUE(ears.handled("one", 1));
  host.stop();
  EXPECT_EQ(effects(), Strings{"a"});
}

TEST_F(G6_Outage, EndsInTimeWithoutItsBusAndLosesNothing) {
  subscribe("one");
  host.start();
  publish({1, "a"});
  ASSERT_TRUE(ears.handled("one", 1));
  Locked bus(folder.file("bus.db"));
  publish({2, "b"});
  host.stop(10s);
  EXPECT_EQ(host.store().impl()->admin()->status().pending, 1);
  bus.free();
  Host again(options("test", "test.db"));
  Ears others;
  others.listen(again);
  again.subscribe(taking("one"), [](Context& ctx, const Placed& placed) { effect(ctx, placed.text); });
  again.start();
  EXPECT_TRUE(others.handled("one", 1));
  again.stop();
  EXPECT_EQ(effects(), (Strings{"a", "b"}));
}

TEST_F(G6_Outage, EndsInTimeWithoutItsDatabaseAndLosesNothing) {
  subscribe("one");
  host.start();
  publish({1, "a"});
  ASSERT_TRUE(ears.handled("one", 1));
  ASSERT_TRUE(ears.marked(1));
  publish({2, "b"});
  Locked database(folder.file("test.db"));
  host.stop(6s);
  database.free();
  EXPECT_TRUE(logged("the clean end could not be written")) << "this test wants a database that is away to the end";
  Host again(options("test", "test.db"));
  Ears others;
  others.listen(again);
  again.subscribe(taking("one"), [](Context& ctx, const Placed& placed) { effect(ctx, placed.text); });
  again.start();
  again.store().transact([&](Transaction& tx) { again.outbox().publish(tx, Placed{3, "c"}); });
  EXPECT_TRUE(others.until([&](const Ears::Heard&) { return effects().size() >= 3; }));
  again.stop();
  auto all = effects();
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (Strings{"a", "b", "c"}));
}

/// Told to stop while its database is away: it would wait for ever to mark what is confirmed, or to give its lease back.
TEST_F(G6_Outage, ARelayGivesUpAtTheDeadline) {
  host.start();
  publish_any(Reserved{1});
  ASSERT_TRUE(ears.marked(1));
  Locked bus(folder.file("bus.db"));
  publish_any(Reserved{2});
  Locked database(folder.file("test.db"));
  bus.free();  // what is in flight is confirmed now and cannot be marked
  host.stop(2s);
  EXPECT_TRUE(logged("the relay stops without its broker or its database"));
  EXPECT_EQ(host.store().impl()->admin()->status().pending, 1) << "what is not marked must stay";
}

TEST_F(G1_HostEnd, TheDlqOfTheBrokerIsEmptiedWhereThatIsWanted) {
  auto o = options("importer", "importer.db");
  o.import_dead_letters = true;
  Host importer(std::move(o));
  Ears others;
  others.listen(importer);
  auto subscription = taking("c");
  subscription.ordering = Ordering::none;  // a dead event blocks nobody: a copy goes to the DLQ
  importer.subscribe(subscription, [](Context&, const Placed&) { throw Reject("no"); });
  importer.start();
  for (int i = 0; i < 3; ++i)
    importer.store().transact([&](Transaction& tx) { importer.outbox().publish(tx, Placed{i, "a"}); });
  ASSERT_TRUE(others.dead("c", 3));
  EXPECT_TRUE(others.until([](const Ears::Heard& h) { return h.counts.at("c").dropped >= 3; }));
  importer.stop();
  EXPECT_EQ(Db(folder.file("bus.db")).one("SELECT count(*) FROM events"), "0") << "imported, but not acknowledged";
  EXPECT_EQ(others.counts("c").dropped, 3) << "taken in more than once";
}

}  // namespace
}  // namespace holdfast::host_test
