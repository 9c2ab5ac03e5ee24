#include "sql/postgres/transaction.hpp"

#include <stdexcept>

namespace holdfast::postgres {

Connections::Lease take_alive(Connections& pool) {
  for (;;) {
    auto lease = pool.take();
    if (lease->alive()) return lease;
    lease->condemn();  // the next one; in the end a new one, which says so if the server is away
  }
}

OpenTransaction::OpenTransaction(std::shared_ptr<Connections> pool, const Begin& begin, Fresh fresh,
                                 std::chrono::milliseconds patience, std::string name)
    : pool_(std::move(pool)), fresh_(std::move(fresh)), patience_(patience), name_(std::move(name)), begin_(begin) {
  open();
}

void OpenTransaction::open() {
  connection_ = take_alive(*pool_);
  connection_->begin_with_next(begin_.statements);
}

/// A connection may turn out to be dead only now. Nothing was done on it yet, so another one is as good; but one that was opened
/// just now and is lost already is a server in trouble.
template <class Step>
auto OpenTransaction::first(Step step) {
  constexpr int most_tries = 3;
  for (int tries = 1;; ++tries) try {
      return step();
    } catch (const Transient& failure) {
      if (connection_->alive()) throw;
      if (tries == most_tries) throw Unavailable(failure.what());
      connection_->condemn();
      connection_.reset();
      open();
    }
}

OpenTransaction::~OpenTransaction() {
  if (connection_) connection_->rollback();
}

TransactionRef OpenTransaction::ref() {
  return TransactionRef(
      Dialect::postgres, this,
      [](void* self, std::string_view sql, std::span<const detail::SqlValue> params) {
        return static_cast<OpenTransaction*>(self)->execute(sql, params);
      },
      &hook);
}

void OpenTransaction::require_open() const {
  if (!connection_ && !failed_) throw std::logic_error("this transaction is over: it was committed");
  if (!failed_) return;
  const std::string text = "an earlier statement of this transaction failed, only rollback is possible: " + why_;
  if (broken_ == Broken::transient) throw Transient(text);
  if (broken_ == Broken::unavailable) throw Unavailable(text);
  throw SqlError("25P02", text);
}

template <class Step>
auto OpenTransaction::guarded(Step step) {
  require_open();
  const auto note = [&](const std::exception& failure, std::optional<Broken> broken) {
    failed_ = true, broken_ = broken, why_ = failure.what();
  };
  try {
    return step();
  } catch (const Transient& failure) {
    note(failure, Broken::transient);
    throw;
  } catch (const InDoubt& failure) {
    note(failure, Broken::transient);
    throw;
  } catch (const Unavailable& failure) {
    note(failure, Broken::unavailable);
    throw;
  } catch (const std::exception& failure) {
    note(failure, {});
    throw;
  }
}

void OpenTransaction::require_transaction() const {
  if (connection_->in_transaction()) return;
  throw std::logic_error(
      "a statement ended the transaction that Holdfast opened; use commit(), or let it go out of scope");
}

TransactionRef::Answer OpenTransaction::execute(std::string_view sql, std::span<const detail::SqlValue> params) {
  return guarded([&] {
    // Only where the number is known: else nobody could ask what became of a commit whose answer got lost.
    if (committing_ && !xid_.empty() && connection_->keeps_statements()) {
      require_transaction();
      held_.push_back({std::string(sql), {params.begin(), params.end()}});
      return TransactionRef::Answer();
    }
    std::string* const xid = begin_.reads_only ? nullptr : &xid_;
    const auto run = [&] { return connection_->execute(sql, params, xid); };
    auto answer = connection_->begun() ? run() : first(run);
    require_transaction();
    return answer;
  });
}

/// For what is done with it outside of execute().
PGconn* OpenTransaction::native() {
  guarded([&] {
    if (!connection_->begun()) first([&] { connection_->begin(); });
  });
  return connection_->native();
}

/// Asked for before COMMIT is sent: if its answer gets lost, this number is what the server can be asked about.
void OpenTransaction::ask_xid() {
  if (begin_.reads_only || !xid_.empty() || !connection_->begun()) return;
  xid_ = connection_->xid();
}

void OpenTransaction::end() {
  ask_xid();
  const Doubt doubt{xid_, connection_->incarnation()};
  if (connection_->commit(held_)) return;
  connection_.reset();
  if (!doubt.xid.empty()) settle(doubt);  // else it wrote nothing, and nothing is in doubt
}

void OpenTransaction::commit() {
  struct GiveBack {
    OpenTransaction& tx;
    ~GiveBack() {
      if (tx.connection_) tx.connection_->rollback();
      tx.connection_.reset();
    }
  };
  if (!connection_) require_open();
  const GiveBack give_back{*this};
  guarded([&] { end(); });
}

void OpenTransaction::settle(const Doubt& doubt) const {
  switch (fate_of(doubt, fresh_, patience_)) {
    case Fate::committed: return;
    case Fate::rolled_back:
      throw Transient(name_ +
                      ": the connection was lost at the commit, and the server says it was rolled back; may run again");
    case Fate::unknown:
      throw InDoubt(name_ +
                    ": the connection was lost at the commit, and the server cannot tell what became of "
                    "transaction " +
                    doubt.xid + "; look before you repeat it");
  }
}

}  // namespace holdfast::postgres
