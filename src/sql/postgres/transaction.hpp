// An open transaction on a pooled PostgreSQL connection; and what became of one whose commit got no answer.
#pragma once
#include "sql/pool.hpp"
#include "sql/postgres/connection.hpp"
#include "sql/state.hpp"

namespace holdfast::postgres {

using Connections = sql::Pool<Connection>;

/// A connection that was there a moment ago: the pool's idle ones may have been closed by the server meanwhile.
Connections::Lease take_alive(Connections& pool);

/// Asks the server, on a connection of its own, what became of a transaction. `fresh` opens one.
enum class Fate { committed, rolled_back, unknown };
struct Doubt {
  std::string xid, incarnation;
};
Fate fate_of(const Doubt& doubt, const std::function<std::unique_ptr<Connection>()>& fresh,
             std::chrono::milliseconds patience);

struct Begin {
  std::vector<std::string> statements;
  bool reads_only = false;
};

class OpenTransaction : public detail::TransactionState {
 public:
  using Fresh = std::function<std::unique_ptr<Connection>()>;
  OpenTransaction(std::shared_ptr<Connections> pool, const Begin& begin, Fresh fresh,
                  std::chrono::milliseconds patience, std::string name);
  ~OpenTransaction() override;

  TransactionRef ref() override;
  void committing() override { committing_ = true; }
  void commit() override;
  std::optional<Broken> broken() const override { return broken_; }
  PGconn* native();

 private:
  void open();
  /// The first step of the transaction: on another connection where this one turns out to be dead.
  template <class Step>
  auto first(Step step);
  TransactionRef::Answer execute(std::string_view sql, std::span<const detail::SqlValue> params);
  void require_open() const;
  void require_transaction() const;
  /// Runs it; what fails is remembered: only rollback is possible then, and the server would say so less clearly.
  template <class Step>
  auto guarded(Step step);
  void ask_xid();
  void end();
  void settle(const Doubt& doubt) const;

  const std::shared_ptr<Connections> pool_;  // outlives the lease
  Connections::Lease connection_;
  const Fresh fresh_;
  const std::chrono::milliseconds patience_;
  const std::string name_;
  const Begin begin_;
  std::string xid_;  // "": none yet, as far as is known
  bool committing_ = false;
  std::vector<Held> held_;  // until the commit
  bool failed_ = false;
  std::optional<Broken> broken_;
  std::string why_;
};

}  // namespace holdfast::postgres
