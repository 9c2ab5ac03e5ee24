// A PostgreSQL database as a store sees it: a pool for transactions, and a small one of its own for the relay's single statements,
// whose commits need not wait for the disk: a busy service cannot take the relay's connection away.
#pragma once
#include <atomic>

#include "sql/database.hpp"
#include "sql/postgres/transaction.hpp"

namespace holdfast::postgres {

class Server : public sql::Database {
 public:
  explicit Server(Settings settings);
  std::string name() const override { return name_; }
  Dialect dialect() const override { return Dialect::postgres; }
  std::unique_ptr<detail::TransactionState> begin(sql::Durability durability) override;
  std::unique_ptr<detail::TransactionState> begin_read() override;
  std::unique_ptr<detail::TransactionState> begin_for_handler() override;
  TransactionRef::Answer run(sql::Durability durability, std::string_view sql,
                             std::span<const detail::SqlValue> params) override;
  /// A handler's transaction may be idle so long.
  void expect_handlers_of(std::chrono::milliseconds deadline) override;

 private:
  std::shared_ptr<Connections> pool(int size, Variables variables) const;
  std::unique_ptr<detail::TransactionState> open(const std::shared_ptr<Connections>& from, const Begin& begin);
  const char* begin_writing_here() const;
  std::vector<std::string> with_settings(const char* begin, const std::vector<Variables>& all) const;

  const Settings settings_;
  const std::string name_;
  const Variables session_, lazy_session_;
  const std::shared_ptr<Connections> all_, lazy_;
  std::atomic<std::chrono::milliseconds::rep> handler_idle_;
};

}  // namespace holdfast::postgres
