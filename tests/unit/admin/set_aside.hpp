// A database with events that consumers set aside.
#pragma once
#include <gtest/gtest.h>

#include "admin/act.hpp"
#include "sql/sqlite/open.hpp"
#include "testing/manual_clock.hpp"

namespace holdfast::admin {

using Wait = ports::Deferred::Wait;
using ports::Millis;
using ports::State;

/// Stands still, or goes on by a second whenever somebody looks.
struct Clock : testing::ManualClock {
  ports::Tick steady() const override { return ManualClock::steady() + (runs ? Millis(1000) * ++reads : Millis(0)); }
  bool runs = false;
  mutable int reads = 0;
};

struct SetAside : ::testing::Test {
  SetAside() { store.migrate(); }

  detail::StoreBase& base() { return *store.impl(); }
  EventId set_aside(const std::string& consumer, Wait wait = Wait::dead, bool blocks_key = false) {
    ports::Deferred event;
    event.id = EventId::of_body(std::to_string(++number)), event.type = "order.created.v1", event.key = "7",
    event.wait = wait;
    event.body =
        R"({"eventId":")" + event.id.to_string() + R"(","eventType":"order.created.v1","payload":{"orderId":7}})";
    event.blocks_key = blocks_key, event.attempts = 6, event.reason = "exhausted", event.error = "the shelf was locked";
    event.first_failed_at = clock.utc();
    const auto inbox = base().inbox(consumer);
    const auto tx = inbox->begin();
    const ports::Claim claim{event.id, clock.utc(), "hash"};
    tx->claim({&claim, 1});
    tx->settle(event.id, {wait == Wait::dead ? State::dead : State::deferred, wait == Wait::dead ? 1 : 0, event});
    tx->commit();
    return event.id;
  }
  Frozen all(const std::string& consumer = "") {
    ports::Selection selection;
    selection.consumer = consumer;
    return base().admin()->deferred(selection, false);
  }
  /// As if its handler had run: its row is gone.
  void handle(const std::string& consumer, const EventId& id) {
    const auto inbox = base().inbox(consumer);
    const auto tx = inbox->begin();
    ASSERT_TRUE(tx->try_lock(id));
    tx->settle(id, {State::handled, 0, {}});
    tx->commit();
  }
  State state(const std::string& consumer, const EventId& id) {
    return base().inbox(consumer)->begin()->look({id}).at(id).state;
  }
  std::int64_t recorded(const std::string& what) {
    return store.transact([&](Transaction& tx) {
      return tx.query<std::int64_t>("SELECT count(*) FROM holdfast_operator_actions WHERE what = $1", what).one();
    });
  }
  static ports::OperatorAction action(const std::string& what) {
    return {EventId::generate(), "a tester", what, "all", ""};
  }

  Clock clock;
  Store store = store::open_sqlite(":memory:", clock);
  int number = 0;
};

}  // namespace holdfast::admin
