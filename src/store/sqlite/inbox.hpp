// One consumer's inbox: what is due, starts that were not finished, pruning, instances.
// Threads: any. Errors: as of the port.
#pragma once
#include "ports/inbox_store.hpp"
#include "store/sqlite/access.hpp"

namespace holdfast::store {

class SqliteInbox : public ports::InboxStore {
 public:
  SqliteInbox(Access access, std::string consumer) : access_(std::move(access)), consumer_(std::move(consumer)) {}
  std::unique_ptr<ports::InboxTx> begin() override;
  std::unique_ptr<ports::InboxTx> join(TransactionRef tx) override;
  std::vector<ports::Due> due(const ports::DueQuery& query) override;
  ports::Starts start(const EventId& id, bool alone_in_queue, std::int64_t number) override;
  std::map<EventId, ports::Starts> starts(const std::set<EventId>& ids) override;
  void take_back(std::span<const ports::StartRef> starts) override;
  std::optional<Timestamp> prune_before(const ports::PruneRule& rule) override;
  bool prune(ports::Millis window, Timestamp before, int limit) override;
  bool open_instance(const ports::Instance& me) override;
  void close_instance() override;

 private:
  void take_back(TransactionRef tx, const std::string& id, std::int64_t number) const;

  Access access_;
  std::string consumer_;
  std::string owner_, instance_;  // who asks; set before there is a second thread
};

}  // namespace holdfast::store
