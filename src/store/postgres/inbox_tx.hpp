// One consumer's transaction on the inbox and deferred tables, READ COMMITTED: each statement sees what was committed before it.
// Threads: one. Errors: as of the port.
#pragma once
#include "ports/inbox_store.hpp"
#include "store/postgres/access.hpp"

namespace holdfast::store {

class PostgresInboxTx : public ports::InboxTx {
 public:
  PostgresInboxTx(const PostgresAccess& access, std::string consumer, Transaction own)
      : access_(access), consumer_(std::move(consumer)), own_(std::move(own)), tx_(own_->ref()) {}
  PostgresInboxTx(const PostgresAccess& access, std::string consumer, TransactionRef joined)
      : access_(access), consumer_(std::move(consumer)), tx_(joined) {}

  std::set<EventId> claim(std::span<const ports::Claim> claims) override;
  std::map<EventId, ports::InboxRow> lock(const std::set<EventId>& ids) override;
  std::optional<ports::InboxRow> try_lock(const EventId& id) override;
  void settle(const EventId& id, const ports::Fate& fate) override;
  void unclaim(const EventId& id) override;
  void finish_starts(std::span<const EventId> ids) override;
  std::map<EventId, ports::InboxRow> look(const std::set<EventId>& ids) override;
  std::set<std::string> blocked(const std::set<std::string>& keys) override;
  std::optional<ports::Deferred> deferred(const EventId& id) override;
  std::optional<EventId> head(const std::string& key) override;
  std::optional<Timestamp> pruned_before() override;
  void publish(const ports::OutgoingEvent& event) override;
  bool record(const ports::OperatorAction& action, const EventId& event) override;
  Transaction& transaction() override;
  std::optional<ports::Trouble> trouble() const override;
  void commit() override;

 private:
  std::map<EventId, ports::InboxRow> rows_of(const std::set<EventId>& ids, const char* lock);
  void set_aside(const EventId& id, const ports::Deferred& event);

  PostgresAccess access_;
  std::string consumer_;
  std::optional<Transaction> own_;
  TransactionRef tx_;
};

}  // namespace holdfast::store
