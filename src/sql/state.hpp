// What is behind a Transaction: a driver's connection with an open transaction. Destroyed without commit() = rolled back.
// Threads: one at a time.
#pragma once
#include <memory>
#include <optional>

#include "holdfast/transaction.hpp"

namespace holdfast::detail {

class TransactionState {
 public:
  enum class Broken { transient, unavailable };

  virtual ~TransactionState() = default;
  virtual TransactionRef ref() = 0;
  /// What is executed from here on needs no answer: it may go to the server together with the commit.
  virtual void committing() {}
  /// Ends the transaction and gives the connection back, whatever comes of it.
  virtual void commit() = 0;
  /// Set once a statement, or the commit, failed for a reason that is not its own fault. Whoever ran the handler judges a
  /// throw by this, because the handler may have turned it into something else.
  virtual std::optional<Broken> broken() const = 0;

  std::unique_ptr<CommitHook> hook;
};

}  // namespace holdfast::detail
