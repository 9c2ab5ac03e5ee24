// The inbox's ports on the simulated server.
#pragma once
#include "simulation/database/session.hpp"

namespace sim {

class SimInboxTx : public ports::InboxTx {
 public:
  using Keys = std::set<std::string>;
  SimInboxTx(std::optional<holdfast::Transaction> own, Session& session, ConsumerTables& consumer, Keys& remembered)
      : own_(std::move(own)), session_(session), consumer_(consumer), remembered_(remembered) {}

  std::set<EventId> claim(std::span<const ports::Claim> claims) override;
  std::map<EventId, ports::InboxRow> lock(const std::set<EventId>& ids) override;
  std::optional<ports::InboxRow> try_lock(const EventId& id) override;
  void unclaim(const EventId& id) override;
  void settle(const EventId& id, const ports::Fate& fate) override;
  void finish_starts(std::span<const EventId> ids) override;
  std::map<EventId, ports::InboxRow> look(const std::set<EventId>& ids) override;
  std::set<std::string> blocked(const std::set<std::string>& keys) override;
  std::optional<ports::Deferred> deferred(const EventId& id) override;
  std::optional<EventId> head(const std::string& key) override;
  std::optional<Timestamp> pruned_before() override;
  void publish(const ports::OutgoingEvent& event) override;
  bool record(const ports::OperatorAction& action, const EventId& event) override;
  holdfast::Transaction& transaction() override;
  std::optional<ports::Trouble> trouble() const override { return session_.trouble(); }
  void commit() override;

  // What a handler does with its own SQL.
  void update_user_row(int row);
  void effect(const Effect& effect);

 private:
  void write(const EventId& id, Row<InboxEntry>& row, std::optional<InboxEntry> entry);
  void delete_starts(const EventId& id);

  std::optional<holdfast::Transaction> own_;  // none: joined
  Session& session_;
  ConsumerTables& consumer_;
  Keys& remembered_;  // keys that this process blocked: only a mutant asks for them
};

class SimInboxStore : public ports::InboxStore {
 public:
  SimInboxStore(Database& database, const std::string& consumer)
      : database_(database), consumer_(database.consumers[consumer]) {}

  std::unique_ptr<ports::InboxTx> begin() override;
  std::unique_ptr<ports::InboxTx> join(holdfast::TransactionRef tx) override;
  std::vector<ports::Due> due(const ports::DueQuery& query) override;
  ports::Starts start(const EventId& id, bool alone_in_queue, std::int64_t number) override;
  std::map<EventId, ports::Starts> starts(const std::set<EventId>& ids) override;
  void take_back(std::span<const ports::StartRef> starts) override;
  std::optional<Timestamp> prune_before(const ports::PruneRule& rule) override;
  bool prune(Millis window, Timestamp before, int limit) override;
  bool open_instance(const ports::Instance& me) override;
  void close_instance() override;
  const std::string& instance() const { return instance_; }
  bool lost_its_name() const;  // another process has it by now

 private:
  std::string free_name(const ports::Instance& me) const;
  static void take_back(Session& session, const std::string& instance, Row<StartsEntry>& row,
                        std::optional<std::int64_t> number = {});

  Database& database_;
  ConsumerTables& consumer_;
  std::string owner_, instance_;
  SimInboxTx::Keys remembered_;
};

}  // namespace sim
