#include "store/sqlite/outbox_writer.hpp"

#include "store/headers.hpp"
#include "store/time.hpp"

namespace holdfast::store {

void SqliteOutboxWriter::append(TransactionRef tx, std::span<const ports::OutgoingEvent> events) const {
  for (const auto& event : events)
    tx.exec(
        "INSERT INTO holdfast_outbox(id, key, type, destination, unrouted_ok, occurred_at, envelope, headers)"
        " VALUES ($1, $2, $3, nullif($4, ''), $5, $6, $7, $8)",
        event.id, event.key, event.type, event.destination, event.unrouted_ok, micros(event.occurred_at),
        Bytes{event.envelope}, headers_to_text(event.headers));
}

}  // namespace holdfast::store
