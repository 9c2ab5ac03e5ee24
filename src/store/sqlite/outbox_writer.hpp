// Seq order is commit order, because an SQLite file has one writer and a number is taken after its lock.
#pragma once
#include "ports/outbox_store.hpp"

namespace holdfast::store {

class SqliteOutboxWriter : public ports::OutboxWriter {
 public:
  void append(TransactionRef tx, std::span<const ports::OutgoingEvent> events) const override;
};

}  // namespace holdfast::store
