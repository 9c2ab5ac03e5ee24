#include "outbox/commit_buffer.hpp"

#include <algorithm>

#include "outbox/publish.hpp"
#include "ports/mutants.hpp"

namespace holdfast::outbox {

CommitBuffer& CommitBuffer::of(TransactionRef tx, const std::shared_ptr<const Publishing>& outbox) {
  std::unique_ptr<detail::CommitHook>& hook = *tx.hook();
  if (!hook) hook = std::make_unique<CommitBuffer>(outbox);
  return static_cast<CommitBuffer&>(*hook);  // nobody else hangs anything there
}

void CommitBuffer::before_commit(TransactionRef tx) {
  if (mutant("commit_without_buffer")) return;
  if (mutant("later_of_a_key_first")) std::ranges::reverse(events_);
  std::stable_sort(events_.begin(), events_.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  outbox_->writer(tx.dialect()).append(tx, events_);
}

void CommitBuffer::after_commit() noexcept {
  outbox_->wake(events_.size());
  for (const auto& creation : creations_) creation->committed();
}

}  // namespace holdfast::outbox
