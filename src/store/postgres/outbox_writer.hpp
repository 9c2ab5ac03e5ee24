// Link 1 of G4 in SQL: the keys' locks before the numbers, in the function holdfast.append, so that seq order is commit order for each key.
#pragma once
#include "ports/outbox_store.hpp"

namespace holdfast::store {

class PostgresOutboxWriter : public ports::OutboxWriter {
 public:
  void append(TransactionRef tx, std::span<const ports::OutgoingEvent> events) const override;
};

}  // namespace holdfast::store
