// Columns of a row of either outbox table, and the row that they make.
#pragma once
#include "ports/outbox_store.hpp"
#include "store/fields.hpp"
#include "store/headers.hpp"

namespace holdfast::store {

inline constexpr const char* outbox_columns =
    " seq, attempts, refused, id, type, key, coalesce(destination, ''), unrouted_ok, occurred_at, headers, envelope ";
inline constexpr const char* published_columns =
    " seq, attempts, 0, id, type, key, '', unrouted_ok, occurred_at, headers, envelope ";

inline ports::OutboxRow outbox_row(Fields& fields) {
  ports::OutboxRow row;
  row.seq = fields.integer();
  row.attempts = fields.small();
  row.refused = fields.flag();
  row.event.id = fields.id();
  row.event.type = fields.text();
  row.event.key = fields.text_or_null();
  row.event.destination = fields.text();
  row.event.unrouted_ok = fields.flag();
  row.event.occurred_at = fields.time();
  row.event.headers = headers_from_text(fields.text());
  row.event.envelope = fields.bytes();
  return row;
}

}  // namespace holdfast::store
