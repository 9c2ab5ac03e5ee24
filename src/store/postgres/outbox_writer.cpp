#include "store/postgres/outbox_writer.hpp"

#include "store/headers.hpp"
#include "store/time.hpp"

namespace holdfast::store {

void PostgresOutboxWriter::append(TransactionRef tx, std::span<const ports::OutgoingEvent> events) const {
  if (events.empty()) return;
  std::vector<EventId> ids;
  std::vector<std::optional<std::string>> keys, destinations;
  std::vector<std::string> types, headers;
  std::vector<bool> unrouted_ok;
  std::vector<std::int64_t> occurred;
  std::vector<Bytes> envelopes;
  for (const auto& event : events) {
    ids.push_back(event.id), keys.push_back(event.key), types.push_back(event.type);
    destinations.push_back(event.destination.empty() ? std::nullopt : std::optional(event.destination));
    unrouted_ok.push_back(event.unrouted_ok), occurred.push_back(micros(event.occurred_at));
    envelopes.push_back({event.envelope}), headers.push_back(headers_to_text(event.headers));
  }
  tx.query<std::optional<std::string>>(
      "SELECT holdfast.append($1::uuid[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::bigint[], $7::bytea[],"
      " $8::text[])::text",
      ids, keys, types, destinations, unrouted_ok, occurred, envelopes, headers);
}

}  // namespace holdfast::store
