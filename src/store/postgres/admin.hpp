// What an operator sees and does, on PostgreSQL. Threads: any. Errors: as of the port.
#pragma once
#include "ports/admin_store.hpp"
#include "store/postgres/access.hpp"

namespace holdfast::store {

class PostgresAdmin : public ports::AdminStore {
 public:
  explicit PostgresAdmin(PostgresAccess access) : access_(std::move(access)) {}
  ports::Status status() override;
  ports::Waiting waiting() override;
  ports::Lately lately(ports::Millis span) override;
  std::vector<std::string> consumers() override;
  std::vector<ports::Subscribed> subscriptions() override;
  std::vector<ports::OutboxView> pending(const ports::Selection& selection) override;
  std::vector<ports::OutboxView> published(const ports::Selection& selection) override;
  std::vector<ports::DeferredView> deferred(const ports::Selection& selection, bool dead_only) override;
  int retry_refused(std::span<const ports::RowRef> rows, const ports::OperatorAction& action) override;
  int discard_pending(std::span<const ports::RowRef> rows, const ports::OperatorAction& action) override;
  int republish(std::span<const ports::RowRef> rows, const std::string& destination,
                const ports::OperatorAction& action) override;

 private:
  template <class Act>
  int act(std::span<const ports::RowRef> rows, const ports::OperatorAction& action, Act act);
  std::pair<std::string, ports::Millis> lease(TransactionRef tx) const;  // who holds it, how long; "": nobody

  PostgresAccess access_;
};

}  // namespace holdfast::store
