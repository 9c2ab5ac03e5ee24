// What an event carries on, which id it gets, and how it comes to the relay.
#include <holdfast/sqlite.hpp>

#include "place.hpp"
#include "ports/transport_base.hpp"

namespace holdfast::host_test {
namespace {

using Strings = std::vector<std::string>;

struct G1_Publishing : Place {
  /// Takes test.reserved.v1 and remembers whose effect it is.
  void listen_to_reserved() {
    host.subscribe({.consumer = "listener"}, [this](Context& ctx, const Reserved& reserved) {
      const auto& info = ctx.info();
      seen.add(std::to_string(reserved.orderId) + " cause " + info.causation_id + " conversation " +
               info.correlation_id + " trace " + info.trace_id);
    });
  }
  static std::string expected(int order, const EventId& cause, const std::string& conversation,
                              const std::string& trace) {
    return std::to_string(order) + " cause " + cause.to_string() + " conversation " + conversation + " trace " + trace;
  }
  std::vector<std::string> published_ids(const std::string& database) {
    Db db(folder.file(database));
    const auto all = db.one(
        "SELECT group_concat(id) FROM (SELECT id FROM holdfast_outbox_published WHERE type = 'test.reserved.v1' ORDER "
        "BY id)");
    return {all};
  }
};
struct G2_Publishing : G1_Publishing {};
struct G3_Publishing : G1_Publishing {};

constexpr auto trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr auto traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST_F(G1_Publishing, CauseConversationAndTraceGoThroughAHandler) {
  host.subscribe({.consumer = "first"},
                 [](Context& ctx, const Placed& placed) { ctx.publish(Reserved{placed.orderId}); });
  listen_to_reserved();
  host.start();
  const auto told = publish({1, "a"}, {.correlation_id = "talk-7", .traceparent = traceparent});
  const auto plain = publish({2, "b"});
  ASSERT_TRUE(ears.handled("listener", 2));
  host.stop();
  const auto all = seen.all();
  EXPECT_EQ(all[0], expected(1, told, "talk-7", trace_id));
  EXPECT_EQ(all[1], expected(2, plain, plain.to_string(), plain.to_string()))
      << "without one, the first event's id names conversation and trace";
}

TEST_F(G1_Publishing, CausedByDoesTheSameInABulkHandler) {
  host.subscribe({.consumer = "first"}, [](Context& ctx, std::span<const Received<Placed>> batch) {
    for (const auto& [placed, info] : batch) ctx.publish(Reserved{placed.orderId}, caused_by(info));
  });
  listen_to_reserved();
  host.start();
  EventId one, two;
  host.store().transact([&](Transaction& tx) {
    one = host.outbox().publish(tx, Placed{1, "a"}, {.correlation_id = "talk-1", .traceparent = traceparent});
    two = host.outbox().publish(tx, Placed{2, "b"}, {.correlation_id = "talk-2"});
  });
  ASSERT_TRUE(ears.handled("listener", 2));
  host.stop();
  EXPECT_EQ(seen.all(), (Strings{expected(1, one, "talk-1", trace_id), expected(2, two, "talk-2", two.to_string())}));
}

TEST_F(G3_Publishing, AHandlerThatRunsAgainAfterARestorePublishesTheSameIds) {
  const EventId cause = EventId::parse("0190f4f7a1d2757485b4b2a1b35c0b1a");
  const auto run_once = [&](const std::string& database) {  // as if the consumer's database were an older backup
    Ears others;
    Host consumer(options("consumer", database));
    others.listen(consumer);
    consumer.subscribe({.consumer = "first"}, [](Context& ctx, const Placed& placed) {
      ctx.publish(Reserved{placed.orderId});
      ctx.publish(Reserved{placed.orderId + 1});
    });
    consumer.start();
    consumer.store().transact([&](Transaction& tx) { consumer.outbox().publish(tx, Placed{1, "a"}, {.id = cause}); });
    EXPECT_TRUE(others.handled("first", 1));
    EXPECT_TRUE(others.marked(3));
    consumer.stop();
    return published_ids(database);
  };
  const auto before = run_once("before.db"), after = run_once("after.db");
  EXPECT_EQ(before, after);
  EXPECT_EQ(before[0].size(), 65u) << "two ids, not one twice: " << before[0];
}

TEST_F(G1_Publishing, InATransactionOfTheUsersOwn) {
  host.subscribe({.consumer = "c"}, [](Context& ctx, const Placed& placed) { effect(ctx, placed.text); });
  host.start();
  Db db(folder.file("test.db"));
  db.exec("BEGIN IMMEDIATE");
  host.outbox().publish(enlist(db.get()), Placed{1, "a"});
  db.exec("COMMIT");
  host.outbox().wake_relay();
  ASSERT_TRUE(ears.handled("c", 1));
  host.stop();
  EXPECT_EQ(effects(), Strings{"a"});
}

TEST_F(G2_Publishing, ARolledBackTransactionPublishesNothing) {
  host.subscribe({.consumer = "c"}, [](Context& ctx, const Placed& placed) { effect(ctx, placed.text); });
  host.start();
  Db db(folder.file("test.db"));
  db.exec("BEGIN IMMEDIATE");
  host.outbox().publish(enlist(db.get()), Placed{1, "phantom"});
  db.exec("ROLLBACK");
  {
    auto tx = host.store().begin();
    host.outbox().publish(tx, Placed{2, "phantom"});
  }
  publish({3, "real"});
  ASSERT_TRUE(ears.handled("c", 1));
  host.stop();
  EXPECT_EQ(effects(), Strings{"real"});
  EXPECT_EQ(db.one("SELECT (SELECT count(*) FROM holdfast_outbox) + (SELECT count(*) FROM holdfast_outbox_published)"),
            "1");
}

TEST_F(G1_Publishing, RelayElsewhereSendsForAHostThatHasNone) {
  auto o = options("quiet", "shared.db");
  o.relay = Relay::elsewhere;
  Host quiet(std::move(o));
  Ears others;
  others.listen(quiet);
  quiet.subscribe({.consumer = "c"}, [this](Context&, const Placed& placed) { seen.add(placed.text); });
  quiet.start();
  quiet.store().transact([&](Transaction& tx) { quiet.outbox().publish(tx, Placed{1, "a"}); });
  ASSERT_TRUE(others.until([](const Ears::Heard& h) { return h.connected.contains("c"); }));
  EXPECT_EQ(quiet.store().impl()->admin()->status().pending, 1) << "somebody sent what nobody should";
  Host relay(options("relay", "shared.db"));
  relay.start();
  EXPECT_TRUE(others.handled("c", 1));
  relay.stop(), quiet.stop();
  EXPECT_EQ(seen.all(), Strings{"a"});
}

}  // namespace
}  // namespace holdfast::host_test
