// A transaction that only keeps what publish hangs on it, and a writer that remembers.
#pragma once
#include <memory>
#include <vector>

#include "outbox/publish.hpp"

namespace holdfast::outbox {

class FakeWriter : public ports::OutboxWriter {
 public:
  void append(TransactionRef, std::span<const ports::OutgoingEvent> events) const override {
    calls.emplace_back(events.begin(), events.end());
    if (fails) throw Unavailable("the database is read-only");
  }
  mutable std::vector<std::vector<ports::OutgoingEvent>> calls;
  bool fails = false;
};
/// What ports::outbox_writer gives in these tests.
FakeWriter& dialect_writer();

class FakeTransaction {
 public:
  TransactionRef ref() { return {Dialect::sqlite, nullptr, &execute, &hook_}; }
  TransactionRef enlisted() { return {Dialect::sqlite, nullptr, &execute}; }
  void commit() {
    if (!hook_) return;
    hook_->before_commit(ref());
    hook_->after_commit();
    hook_.reset();
  }

 private:
  static TransactionRef::Answer execute(void*, std::string_view, std::span<const detail::SqlValue>) { return {}; }
  std::unique_ptr<detail::CommitHook> hook_;
};

class StoppedClock : public ports::Clock {
 public:
  ports::Tick steady() const override { return tick; }
  Timestamp utc() const override { return time; }
  ports::Tick tick{};
  Timestamp time = from_iso8601("2025-08-22T09:30:00Z");
};

}  // namespace holdfast::outbox
