#include "sql/sqlite/transaction.hpp"

#include <sqlite3.h>

#include <stdexcept>

namespace holdfast::sqlite {

OpenTransaction::OpenTransaction(std::shared_ptr<Connections> pool, std::string_view begin, bool sync_commit,
                                 std::shared_ptr<WriteHealth> writes)
    : pool_(std::move(pool)), connection_(pool_->take()), writes_(std::move(writes)) {
  changes_before_ = sqlite3_total_changes(native());
  connection_->sync_commits(sync_commit);
  connection_->begin(begin);
}

OpenTransaction::~OpenTransaction() {
  if (connection_) connection_->rollback();
}

TransactionRef OpenTransaction::ref() {
  return TransactionRef(
      Dialect::sqlite, this,
      [](void* self, std::string_view sql, std::span<const detail::SqlValue> params) {
        return static_cast<OpenTransaction*>(self)->execute(sql, params);
      },
      &hook);
}

void OpenTransaction::require_open() const {
  if (!connection_) throw std::logic_error("this transaction is over: it was committed");
  if (!failed_) return;
  const std::string text = "an earlier statement of this transaction failed, only rollback is possible: " + why_;
  if (broken_ == Broken::transient) throw Transient(text);
  if (broken_ == Broken::unavailable) throw Unavailable(text);
  throw SqlError("25P02", text);
}

void OpenTransaction::could_not_write(const std::exception& failure) const {
  const int code = sqlite3_errcode(native()) & 0xff;
  if (writes_) writes_->failed(failure.what(), code == SQLITE_CORRUPT || code == SQLITE_NOTADB);
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
  } catch (const Unavailable& failure) {
    note(failure, Broken::unavailable);
    could_not_write(failure);
    throw;
  } catch (const InDoubt& failure) {
    note(failure, {});
    could_not_write(failure);
    throw;
  } catch (const std::exception& failure) {
    note(failure, {});
    throw;
  }
}

TransactionRef::Answer OpenTransaction::execute(std::string_view sql, std::span<const detail::SqlValue> params) {
  return guarded([&] {
    auto answer = connection_->execute(sql, params);
    if (!connection_->in_transaction())
      throw std::logic_error(
          "a statement ended the transaction that Holdfast opened; use commit(), or let it go out of scope");
    return answer;
  });
}

void OpenTransaction::commit() {
  struct GiveBack {
    OpenTransaction& tx;
    ~GiveBack() { tx.connection_->rollback(), tx.connection_.reset(); }
  };
  if (!connection_) require_open();
  const GiveBack give_back{*this};
  guarded([&] { connection_->commit(); });
  if (writes_ && sqlite3_total_changes(native()) != changes_before_) writes_->succeeded();
}

}  // namespace holdfast::sqlite
