// One consumer's transaction on the inbox and deferred tables. The write lock of the file, taken at its begin, is the lock of
// every row: nothing waits inside, and what one sees is the newest version.
// Threads: one. Errors: as of the port.
#pragma once
#include "ports/inbox_store.hpp"
#include "store/sqlite/access.hpp"

namespace holdfast::store {

class SqliteInboxTx : public ports::InboxTx {
 public:
  SqliteInboxTx(const Access& access, std::string consumer, Transaction own)
      : access_(access), consumer_(std::move(consumer)), own_(std::move(own)), tx_(own_->ref()) {}
  SqliteInboxTx(const Access& access, std::string consumer, TransactionRef joined)
      : access_(access), consumer_(std::move(consumer)), tx_(joined) {}

  std::set<EventId> claim(std::span<const ports::Claim> claims) override;
  std::map<EventId, ports::InboxRow> lock(const std::set<EventId>& ids) override { return look(ids); }
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
  std::int64_t next_settled_at();
  void set_aside(const EventId& id, const ports::Deferred& event);

  Access access_;
  std::string consumer_;
  std::optional<Transaction> own_;
  TransactionRef tx_;
};

}  // namespace holdfast::store
