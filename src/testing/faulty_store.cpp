#include "testing/faulty_store.hpp"

#include <utility>

namespace holdfast::testing {
namespace {

using ports::InboxTx;

class FaultyTx : public InboxTx {
 public:
  FaultyTx(std::unique_ptr<InboxTx> real, std::shared_ptr<bool> fail)
      : real_(std::move(real)), fail_(std::move(fail)) {}
  std::set<EventId> claim(std::span<const ports::Claim> claims) override { return real_->claim(claims); }
  void unclaim(const EventId& id) override { real_->unclaim(id); }
  std::map<EventId, ports::InboxRow> lock(const std::set<EventId>& ids) override { return real_->lock(ids); }
  std::optional<ports::InboxRow> try_lock(const EventId& id) override { return real_->try_lock(id); }
  void settle(const EventId& id, const ports::Fate& fate) override { real_->settle(id, fate); }
  void finish_starts(std::span<const EventId> ids) override { real_->finish_starts(ids); }
  std::map<EventId, ports::InboxRow> look(const std::set<EventId>& ids) override { return real_->look(ids); }
  std::set<std::string> blocked(const std::set<std::string>& keys) override { return real_->blocked(keys); }
  std::optional<ports::Deferred> deferred(const EventId& id) override { return real_->deferred(id); }
  std::optional<EventId> head(const std::string& key) override { return real_->head(key); }
  std::optional<Timestamp> pruned_before() override { return real_->pruned_before(); }
  void publish(const ports::OutgoingEvent& event) override { real_->publish(event); }
  bool record(const ports::OperatorAction& action, const EventId& event) override {
    return real_->record(action, event);
  }
  Transaction& transaction() override { return real_->transaction(); }
  std::optional<ports::Trouble> trouble() const override { return real_->trouble(); }
  void commit() override {
    if (std::exchange(*fail_, false)) throw Transient("the harness took the database away at this commit");
    real_->commit();
  }

 private:
  std::unique_ptr<InboxTx> real_;
  std::shared_ptr<bool> fail_;
};

class FaultyInbox : public ports::InboxStore {
 public:
  FaultyInbox(std::unique_ptr<ports::InboxStore> real, std::shared_ptr<bool> fail)
      : real_(std::move(real)), fail_(std::move(fail)) {}
  std::unique_ptr<InboxTx> begin() override { return std::make_unique<FaultyTx>(real_->begin(), fail_); }
  std::unique_ptr<InboxTx> join(TransactionRef tx) override { return real_->join(tx); }
  std::vector<ports::Due> due(const ports::DueQuery& query) override { return real_->due(query); }
  ports::Starts start(const EventId& id, bool alone, std::int64_t number) override {
    return real_->start(id, alone, number);
  }
  std::map<EventId, ports::Starts> starts(const std::set<EventId>& ids) override { return real_->starts(ids); }
  void take_back(std::span<const ports::StartRef> starts) override { real_->take_back(starts); }
  std::optional<Timestamp> prune_before(const ports::PruneRule& rule) override { return real_->prune_before(rule); }
  bool prune(ports::Millis window, Timestamp before, int limit) override { return real_->prune(window, before, limit); }
  bool open_instance(const ports::Instance& me) override { return real_->open_instance(me); }
  void close_instance() override { real_->close_instance(); }

 private:
  std::unique_ptr<ports::InboxStore> real_;
  std::shared_ptr<bool> fail_;
};

}  // namespace

std::unique_ptr<ports::InboxStore> FaultyStore::inbox(const std::string& consumer) {
  return std::make_unique<FaultyInbox>(real_->inbox(consumer), fail_);
}

}  // namespace holdfast::testing
