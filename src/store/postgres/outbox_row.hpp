// Columns of a row of either outbox table, and the row that they make. o: the table's alias.
#pragma once
#include "ports/outbox_store.hpp"
#include "store/headers.hpp"
#include "store/postgres/access.hpp"

#define HOLDFAST_OUTBOX_COLUMNS                                                                                       \
  " o.seq, o.attempts, o.refused, o.id, o.type, o.key, coalesce(o.destination, ''), o.unrouted_ok, " HOLDFAST_MICROS( \
      "o.occurred_at") ", o.headers, o.envelope "
#define HOLDFAST_PUBLISHED_COLUMNS                                                       \
  " o.seq, o.attempts, false, o.id, o.type, o.key, '', o.unrouted_ok, " HOLDFAST_MICROS( \
      "o.occurred_at") ", o.headers, o.envelope "

namespace holdfast::store {

inline ports::OutboxRow postgres_outbox_row(Fields& fields) {
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
