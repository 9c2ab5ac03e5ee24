// An open transaction on a pooled SQLite connection.
#pragma once
#include "sql/pool.hpp"
#include "sql/sqlite/connection.hpp"
#include "sql/sqlite/write_health.hpp"
#include "sql/state.hpp"

namespace holdfast::sqlite {

using Connections = sql::Pool<Connection>;

class OpenTransaction : public detail::TransactionState {
 public:
  /// begin: the statement that opens it. writes: told whether it could, where it is one that may write.
  OpenTransaction(std::shared_ptr<Connections> pool, std::string_view begin, bool sync_commit,
                  std::shared_ptr<WriteHealth> writes = {});
  ~OpenTransaction() override;

  TransactionRef ref() override;
  void commit() override;
  std::optional<Broken> broken() const override { return broken_; }
  sqlite3* native() const { return connection_->native(); }

 private:
  TransactionRef::Answer execute(std::string_view sql, std::span<const detail::SqlValue> params);
  void require_open() const;
  /// Runs it; what fails is remembered, and from then on only rollback is possible, as on PostgreSQL.
  template <class Step>
  auto guarded(Step step);

  void could_not_write(const std::exception& failure) const;

  std::shared_ptr<Connections> pool_;  // outlives the lease
  Connections::Lease connection_;
  std::shared_ptr<WriteHealth> writes_;
  int changes_before_ = 0;
  bool failed_ = false;
  std::optional<Broken> broken_;
  std::string why_;
};

}  // namespace holdfast::sqlite
