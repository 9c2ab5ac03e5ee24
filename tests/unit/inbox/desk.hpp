// A consumer on a database in memory, with a clock that is moved by hand and handlers that leave their effect in a table.
#pragma once
#include <gtest/gtest.h>

#include "event/envelope.hpp"
#include "inbox/acts.hpp"
#include "inbox/consumer.hpp"
#include "ports/store_base.hpp"
#include "sql/sqlite/open.hpp"
#include "tests/unit/inbox/faulty_inbox.hpp"

namespace holdfast::inbox::test {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Wait = Deferred::Wait;
using End = Report::End;

class HandClock : public Clock {
 public:
  Tick steady() const override { return steady_; }
  Timestamp utc() const override { return utc_; }
  void advance(Millis by) {
    steady_ += by;
    utc_ += by;
  }

 private:
  Tick steady_{hours(1)};
  Timestamp utc_ = from_iso8601("2025-08-22T09:30:00Z");
};

inline EventId id_of(const std::string& name) { return EventId::of_body(name); }

class Desk : public testing::Test {
 protected:
  Desk() {
    store.migrate();
    store.begin().commit();
    sql("CREATE TABLE effects(n INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)");
    policy = {.consumer = "inventory", .queue = "inventory.q", .retry = {}, .limits = {}};
    policy.dead_letter_queue = "inventory.dlq";
    handle("thing.v1", Form::single);
  }

  // ---- events
  Delivery delivery(const std::string& name, const std::string& key = "k", const std::string& type = "thing.v1") {
    EventInfo info;
    info.id = id_of(name);
    info.type = type;
    info.key = key;
    Delivery d;
    d.session = 1;
    d.tag = ++tag_;
    d.message_id = info.id.to_string();
    d.type = type;
    if (!key.empty()) d.key = key;
    d.headers = {{"x-own", "kept"}};
    d.body = event::encode(info, "{\"name\":\"" + name + "\"}");
    return d;
  }
  static Delivery copy(Delivery d, int number, int attempt = 1) {
    d.copy = number;
    d.attempt = attempt;
    return d;
  }
  static Delivery dated(Delivery d, const std::string& time) {
    d.body.insert(1, "\"occurredAtUtc\":\"" + time + "\",");
    return d;
  }
  static Delivery again(Delivery d) {
    d.redelivered = true;
    return d;
  }
  template <class... D>
  Report deliver(D... deliveries) {
    std::vector<Arrival> batch{consumer().arrive(std::move(deliveries))...};
    How how;
    for (const auto& arrival : batch) how.guarded |= arrival.delivery->redelivered;
    return consumer().run_batch(batch, how);
  }
  Report run_deferred(const std::string& name, How how = {.guarded = true}) {
    return consumer().run_deferred({id_of(name), "k", {}}, how);
  }
  /// All that is due, until nothing is.
  void run_due() {
    for (int looks = 0; looks < 100; ++looks)
      for (const auto& one : inbox->due(100)) consumer().run_deferred(one);
  }

  // ---- handlers: the effect, then what the test wants of this event
  void handle(const std::string& type, Form form) {
    handlers.add(Handler{type, form, [this](Call& call, std::span<const Envelope> events) {
                           for (const Envelope& e : events) run(call, name_in(e.payload));
                           runs_in_one.push_back(static_cast<int>(events.size()));
                         }});
  }
  void run(Call& call, const std::string& name) {
    ran.push_back(name);
    if (early.contains(name)) std::function(early.at(name))(call);  // a copy: it may put another one in its place
    if (!no_tx) call.tx().transaction().exec("INSERT INTO effects(name) VALUES ($1)", name);
    if (behaves.contains(name)) std::function(behaves.at(name))(call);
  }
  static std::string name_in(const std::string& payload) { return payload.substr(9, payload.size() - 11); }
  void fails(const std::string& name, int times = 1000) {
    behaves[name] = [left = std::make_shared<int>(times)](Call&) {  // shared: what runs is a copy
      if ((*left)-- > 0) throw std::runtime_error("does not work");
    };
  }

  Consumer& consumer() {
    if (!consumer_) consumer_.emplace(Surroundings{faulty, clock, handlers, policy, [] { return 0.5; }});
    return *consumer_;
  }
  void restart() { consumer_.reset(); }

  // ---- what came of it
  std::vector<std::string> effects() {
    auto tx = store.begin();
    const auto rows = tx.query<std::string>("SELECT name FROM effects ORDER BY n");
    return {rows.begin(), rows.end()};
  }
  std::optional<InboxRow> row(const EventId& id) {
    const auto rows = inbox->begin()->look({id});
    return rows.empty() ? std::nullopt : std::optional(rows.begin()->second);
  }
  std::optional<InboxRow> row(const std::string& name) { return row(id_of(name)); }
  State state(const std::string& name) { return row(name).value().state; }
  std::optional<Deferred> deferred(const std::string& name) { return inbox->begin()->deferred(id_of(name)); }
  std::vector<OutgoingEvent> outbox() {
    std::vector<OutgoingEvent> out;
    for (const auto& row : store.impl()->outbox()->read({}, 1000).rows) out.push_back(row.event);
    return out;
  }
  void sql(const std::string& statement) {
    auto tx = store.begin();
    tx.exec(statement);
    tx.commit();
  }
  /// Weeks later, with something newer handled just before: what is older than the window is forgotten.
  void weeks_pass() {
    clock.advance(hours(24 * 60));
    constexpr hours window(24 * 14);
    if (const auto before = inbox->prune_before({window})) inbox->prune(window, *before, 100);
  }
  static OperatorAction action(const std::string& id = "act") {
    return {EventId::of_body(id), "somebody", "test", "", ""};
  }

  HandClock clock;
  Store store = store::open_sqlite(":memory:", clock);
  std::unique_ptr<InboxStore> inbox = store.impl()->inbox("inventory");
  FaultyInbox faulty{*inbox};
  Handlers handlers;
  Policy policy;
  std::map<std::string, std::function<void(Call&)>> behaves, early;  // after, before the effect
  std::vector<std::string> ran;
  std::vector<int> runs_in_one;
  bool no_tx = false;

 private:
  std::optional<Consumer> consumer_;
  std::uint64_t tag_ = 0;
};

inline std::vector<std::string> names(std::initializer_list<std::string> list) { return list; }

}  // namespace holdfast::inbox::test
