// The four forms of handlers and upcasters, on real threads, files and locks.
#include <algorithm>
#include <atomic>
#include <holdfast/sqlite.hpp>
#include <thread>

#include "place.hpp"

namespace holdfast::host_test {
namespace {

using Strings = std::vector<std::string>;

struct G3_OneEffect : Place {};
struct G4_Order : Place {};

TEST_F(G3_OneEffect, SingleHandlersEffectAndItsEventsCommitTogether) {
  host.subscribe(taking("one"), [this](Context& ctx, const Placed& placed) {
    effect(ctx, placed.text);
    ctx.publish(Reserved{placed.orderId});
    seen.add(placed.text);
    if (placed.text == "bad") throw Reject("not this one");
  });
  host.subscribe({.consumer = "two"}, [this](Context&, const Reserved& reserved) {
    seen.add("reserved " + std::to_string(reserved.orderId));
  });
  host.start();
  const auto bad = publish({1, "bad"}), good = publish({2, "good"});
  ASSERT_TRUE(ears.handled("two", 1));
  ASSERT_TRUE(ears.dead("one", 1));
  host.stop();
  EXPECT_EQ(effects(), Strings{"good"});
  EXPECT_EQ(state("one", bad), "dead");
  EXPECT_EQ(state("one", good), "handled");
  EXPECT_EQ(ears.counts("two").handled, 1) << "an event published by a try that was rolled back went out";
}

TEST_F(G3_OneEffect, BulkHandlerTakesNeighboursTogetherAndEachOnce) {
  host.subscribe(taking("bulk"), [this](Context& ctx, std::span<const Received<Placed>> batch) {
    for (const auto& one : batch) effect(ctx, one.event.text), seen.add(one.info.id.to_string());
  });
  host.start();
  host.store().transact([&](Transaction& tx) {  // one commit, so that they arrive together
    for (int i = 0; i < 100; ++i) host.outbox().publish(tx, Placed{i, std::to_string(i)});
  });
  ASSERT_TRUE(ears.handled("bulk", 100));
  host.stop();
  const auto all = effects();
  EXPECT_EQ(all.size(), 100u);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 100u);
  EXPECT_TRUE(ears.until([](const Ears::Heard& h) { return h.runs.at("bulk") < 50; }))
      << "each event had a transaction of its own";
}

TEST_F(G3_OneEffect, AnyHandlerGetsTheBytesUnparsed) {
  auto subscription = taking("any");
  subscription.events = {"test.#"};
  host.subscribe(subscription,
                 [this](Context& ctx, const Envelope& event) { effect(ctx, event.info.type + " " + event.payload); });
  host.start();
  publish({1, "a"});
  publish_any(Reserved{2});
  ASSERT_TRUE(ears.handled("any", 2));
  host.stop();
  auto all = effects();
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (Strings{R"(test.placed.v2 {"orderId":1,"text":"a"})", R"(test.reserved.v1 {"orderId":2})"}));
}

/// Handlers that bring their own transaction, on a connection of their own.
struct OwnTransaction : Place {
  void write(Db& db, Delivery& delivery, const Placed& placed, const char* end) {
    db.exec("BEGIN IMMEDIATE");
    seen.add("try " + std::to_string(delivery.info().attempt));
    if (delivery.claim(enlist(db.get()))) db.exec("INSERT INTO effects(what) VALUES ('" + placed.text + "')");
    db.exec(end);
  }
  /// Its first try ends otherwise than by a commit.
  void first_try_fails(const char* end) {
    host.subscribe(taking("own"), [this, end](Delivery& delivery, const Placed& placed) {
      Db db(folder.file("test.db"));
      write(db, delivery, placed, delivery.info().attempt == 1 ? end : "COMMIT");
    });
    host.start();
    const auto id = publish({1, "a"});
    ASSERT_TRUE(ears.handled("own", 1));
    host.stop();
    EXPECT_EQ(effects(), Strings{"a"});
    EXPECT_EQ(seen.all(), (Strings{"try 1", "try 2"}));
    EXPECT_EQ(state("own", id), "handled");
  }
};
struct G3_OwnTransaction : OwnTransaction {};
struct G1_OwnTransaction : OwnTransaction {};

TEST_F(G1_OwnTransaction, RolledBackIsRetried) { first_try_fails("ROLLBACK"); }
TEST_F(G1_OwnTransaction, LeftOpenIsRetried) { first_try_fails("SELECT 1"); }  // closing the connection rolls back

TEST_F(G1_OwnTransaction, WithoutAClaimIsRetriedAndThenDead) {
  host.subscribe(taking("own"), [](Delivery&, const Placed&) {});
  host.start();
  const auto id = publish({1, "a"});
  ASSERT_TRUE(ears.dead("own", 1));
  host.stop();
  EXPECT_EQ(state("own", id), "dead");
  ASSERT_EQ(dead.all().size(), 1u);
  EXPECT_NE(dead.all()[0].find("without a committed claim"), std::string::npos) << dead.all()[0];
}

TEST_F(G3_OwnTransaction, CommittedLateIsHandledOnce) {
  std::jthread committer;
  host.subscribe(taking("own"), [&](Delivery& delivery, const Placed& placed) {
    auto db = std::make_shared<Db>(folder.file("test.db"));
    write(*db, delivery, placed, "SELECT 1");
    committer = std::jthread([db] { db->exec("COMMIT"); });  // the handler returns with its transaction open
  });
  host.start();
  const auto id = publish({1, "a"});
  ASSERT_TRUE(ears.handled("own", 1));
  host.stop();
  EXPECT_EQ(effects(), Strings{"a"});
  EXPECT_EQ(seen.all(), Strings{"try 1"}) << "a late commit is no failure";
  EXPECT_EQ(state("own", id), "handled");
}

TEST_F(G3_OwnTransaction, ThrowingAfterItsCommitIsHandled) {
  host.subscribe(taking("own"), [this](Delivery& delivery, const Placed& placed) {
    Db db(folder.file("test.db"));
    write(db, delivery, placed, "COMMIT");
    throw std::runtime_error("too late");
  });
  host.start();
  const auto id = publish({1, "a"});
  ASSERT_TRUE(ears.handled("own", 1));
  host.stop();
  EXPECT_EQ(effects(), Strings{"a"});
  EXPECT_EQ(state("own", id), "handled");
}

TEST_F(G4_Order, OneKeyInTheOrderOfCommitsThroughRetries) {
  host.subscribe(taking("ordered"), [this](Context& ctx, const Placed& placed) {
    if (placed.text == "3" && ctx.info().attempt == 1) throw std::runtime_error("once more");
    effect(ctx, placed.text);
  });
  host.start();
  for (int i = 0; i < 8; ++i) publish({1, std::to_string(i)});
  ASSERT_TRUE(ears.until(
      [](const Ears::Heard& h) { return h.counts.contains("ordered") && h.counts.at("ordered").handled >= 8; }));
  host.stop();
  EXPECT_EQ(effects(), (Strings{"0", "1", "2", "3", "4", "5", "6", "7"}));
}

TEST_F(G4_Order, NoneLetsOthersOfTheKeyPass) {
  auto subscription = taking("free");
  subscription.ordering = Ordering::none;
  host.subscribe(subscription, [this](Context& ctx, const Placed& placed) {
    if (placed.text == "1" && ctx.info().attempt == 1) throw std::runtime_error("once more");
    effect(ctx, placed.text);
  });
  host.start();
  for (int i = 0; i < 4; ++i) publish({1, std::to_string(i)});
  ASSERT_TRUE(ears.handled("free", 4));
  host.stop();
  EXPECT_EQ(effects(), (Strings{"0", "2", "3", "1"}));
}

TEST_F(G3_OneEffect, AnOldVersionReachesTheHandlerOfTheNewOne) {
  host.subscribe(taking("new"), [this](Context& ctx, const Placed& placed) {
    effect(ctx, ctx.info().type + " " + std::to_string(placed.orderId) + " " + placed.text);
  });
  host.upcast([](const PlacedV1& old) { return Placed{old.order, "from v1"}; });
  host.start();
  publish_any(PlacedV1{7});
  publish({7, "v2"});
  ASSERT_TRUE(ears.handled("new", 2));
  host.stop();
  EXPECT_EQ(effects(), (Strings{"test.placed.v2 7 from v1", "test.placed.v2 7 v2"}));
}

TEST_F(G3_OneEffect, TwoSubscriptionsOfOneHostEachTakeEverything) {
  for (const auto* name : {"a", "b"})
    host.subscribe(taking(name), [name](Context& ctx, const Placed& placed) { effect(ctx, name + placed.text); });
  host.start();
  for (int i = 0; i < 20; ++i) publish({i, std::to_string(i)});
  ASSERT_TRUE(ears.handled("a", 20));
  ASSERT_TRUE(ears.handled("b", 20));
  host.stop();
  EXPECT_EQ(effects().size(), 40u);
}

}  // namespace
}  // namespace holdfast::host_test
