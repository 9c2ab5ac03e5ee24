#include "holdfast/transaction.hpp"

#include "sql/state.hpp"

namespace holdfast {

Transaction::Transaction(std::unique_ptr<detail::TransactionState> state) : state_(std::move(state)) {}
Transaction::Transaction(Transaction&&) noexcept = default;
Transaction::~Transaction() = default;

TransactionRef Transaction::ref() { return state_->ref(); }
Dialect Transaction::dialect() const { return state_->ref().dialect(); }

void Transaction::commit() {
  if (state_->hook) {
    state_->committing();
    state_->hook->before_commit(ref());
  }
  const auto hook = std::move(state_->hook);
  state_->commit();
  if (hook) hook->after_commit();
}

}  // namespace holdfast
