// An SQLite file as a store sees it: one connection for writers, handed from one to the next in the order in which they came
// (SQLite has one writer, and waiting in line beats polling for its lock), and others for who only reads.
// ":memory:" has one connection for both.
#pragma once
#include "ports/clock.hpp"
#include "sql/database.hpp"
#include "sql/sqlite/transaction.hpp"

namespace holdfast::sqlite {

struct Settings {
  std::string file;
  int connections = 10;
  std::chrono::milliseconds acquire_timeout = std::chrono::seconds(5);  // in the line of this process
  std::chrono::milliseconds busy_timeout = std::chrono::seconds(5);  // for another process
  bool read_only = false;  // for who only looks: nothing is changed, and nothing beside it is made
  std::function<void()> on_wait = {};  // for tests: see Pool
};

class File : public sql::Database {
 public:
  explicit File(Settings settings);
  std::string name() const override { return "sqlite:" + settings_.file; }
  Dialect dialect() const override { return Dialect::sqlite; }
  std::unique_ptr<detail::TransactionState> begin(sql::Durability durability) override;
  std::unique_ptr<detail::TransactionState> begin_read() override;
  std::optional<sql::WriteTrouble> write_trouble() const override { return writes_->trouble(); }

 private:
  std::shared_ptr<Connections> pool(int size, const char* exhausted) const;

  const Settings settings_;
  const std::shared_ptr<WriteHealth> writes_ = std::make_shared<WriteHealth>();
  const std::shared_ptr<Connections> writers_, readers_;
};

}  // namespace holdfast::sqlite
