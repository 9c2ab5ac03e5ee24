// An InboxStore in front of another one: before each call a test may let something happen, or let the call fail.
#pragma once
#include <functional>

#include "ports/inbox_store.hpp"

namespace holdfast::inbox::test {

using namespace ports;
using Before = std::function<void(const std::string& call)>;

class FaultyTx : public InboxTx {
 public:
  FaultyTx(std::unique_ptr<InboxTx> real, const Before& before, const std::optional<Trouble>& trouble)
      : real_(std::move(real)), before_(before), trouble_(trouble) {}
  std::set<EventId> claim(std::span<const Claim> claims) override { return call("claim").claim(claims); }
  void unclaim(const EventId& id) override { call("unclaim").unclaim(id); }
  std::map<EventId, InboxRow> lock(const std::set<EventId>& ids) override { return call("lock").lock(ids); }
  std::optional<InboxRow> try_lock(const EventId& id) override {
    return locked ? std::nullopt : call("try_lock").try_lock(id);
  }
  void settle(const EventId& id, const Fate& fate) override { call("settle").settle(id, fate); }
  void finish_starts(std::span<const EventId> ids) override { call("finish_starts").finish_starts(ids); }
  std::map<EventId, InboxRow> look(const std::set<EventId>& ids) override { return call("look").look(ids); }
  std::set<std::string> blocked(const std::set<std::string>& keys) override { return call("blocked").blocked(keys); }
  std::optional<Deferred> deferred(const EventId& id) override { return call("deferred").deferred(id); }
  std::optional<EventId> head(const std::string& key) override { return call("head").head(key); }
  std::optional<Timestamp> pruned_before() override { return call("pruned_before").pruned_before(); }
  void publish(const OutgoingEvent& event) override { call("publish").publish(event); }
  bool record(const OperatorAction& action, const EventId& event) override {
    return call("record").record(action, event);
  }
  Transaction& transaction() override { return real_->transaction(); }
  std::optional<Trouble> trouble() const override { return trouble_ ? trouble_ : real_->trouble(); }
  void commit() override {
    call("commit").commit();
    before_("committed");
  }
  bool locked = false;  // by another one

 private:
  InboxTx& call(const char* name) {
    before_(name);
    return *real_;
  }
  std::unique_ptr<InboxTx> real_;
  const Before& before_;
  const std::optional<Trouble>& trouble_;
};

class FaultyInbox : public InboxStore {
 public:
  explicit FaultyInbox(InboxStore& real) : real_(real) {}
  std::unique_ptr<InboxTx> begin() override {
    call("begin");
    auto tx = std::make_unique<FaultyTx>(real_.begin(), before, trouble);
    tx->locked = rows_locked;
    return tx;
  }
  std::unique_ptr<InboxTx> join(TransactionRef tx) override {
    return std::make_unique<FaultyTx>(real_.join(tx), before, trouble);
  }
  std::vector<Due> due(const DueQuery& query) override { return real_.due(query); }
  Starts start(const EventId& id, bool alone, std::int64_t number) override {
    const Starts starts = call("start").start(id, alone, number);
    before("started");
    return starts;
  }
  std::map<EventId, Starts> starts(const std::set<EventId>& ids) override { return call("starts").starts(ids); }
  void take_back(std::span<const StartRef> starts) override { call("take_back").take_back(starts); }
  std::optional<Timestamp> prune_before(const PruneRule& rule) override { return real_.prune_before(rule); }
  bool prune(Millis window, Timestamp than, int limit) override { return real_.prune(window, than, limit); }
  bool open_instance(const std::string& instance, const std::string& queue, const std::vector<std::string>& patterns,
                     const std::string& ordering) override {
    return real_.open_instance(instance, queue, patterns, ordering);
  }
  void close_instance(const std::string& instance) override { real_.close_instance(instance); }

  Before before = [](const std::string&) {};
  bool rows_locked = false;
  std::optional<Trouble> trouble;  // beneath whoever works in a transaction

 private:
  InboxStore& call(const char* name) {
    before(name);
    return real_;
  }
  InboxStore& real_;
};

}  // namespace holdfast::inbox::test
