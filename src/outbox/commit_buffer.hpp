// What was published in a transaction of Holdfast's own, until its commit.
#pragma once
#include <vector>

#include "holdfast/transaction.hpp"
#include "outbox/creation.hpp"
#include "ports/outbox_store.hpp"

namespace holdfast::outbox {

class Publishing;

class CommitBuffer : public detail::CommitHook {
 public:
  /// The buffer of this transaction, made by its first publish.
  static CommitBuffer& of(TransactionRef tx, const std::shared_ptr<const Publishing>& outbox);

  explicit CommitBuffer(std::shared_ptr<const Publishing> outbox) : outbox_(std::move(outbox)) {}
  void add(ports::OutgoingEvent event, std::unique_ptr<Creation> creation) {
    events_.push_back(std::move(event));
    if (creation) creations_.push_back(std::move(creation));
  }
  void before_commit(TransactionRef tx) override;
  void after_commit() noexcept override;

 private:
  std::shared_ptr<const Publishing> outbox_;
  std::vector<ports::OutgoingEvent> events_;
  std::vector<std::unique_ptr<Creation>> creations_;
};

}  // namespace holdfast::outbox
