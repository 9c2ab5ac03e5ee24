// Columns of a deferred event, and the value that they make; and the note of an operator's act.
#pragma once
#include "ports/inbox_store.hpp"
#include "store/fields.hpp"
#include "store/headers.hpp"
#include "store/words.hpp"

namespace holdfast::store {

inline constexpr const char* deferred_columns =
    " event_id, key, blocks_key, state, attempts, due_at, reason, error, type, body, headers, origin, first_failed_at ";

inline ports::Deferred deferred_row(Fields& fields, std::int64_t now) {
  ports::Deferred out;
  out.id = fields.id();
  out.key = fields.text();
  out.blocks_key = fields.flag();
  out.wait = wait_of(fields.text());
  out.attempts = fields.small();
  out.due_in = std::chrono::ceil<ports::Millis>(std::chrono::microseconds(fields.integer() - now));
  out.reason = fields.text();
  out.error = fields.text();
  out.type = fields.text();
  out.body = fields.bytes();
  out.headers = headers_from_text(fields.text());
  out.origin = fields.text();
  out.first_failed_at = fields.time_or_null();
  return out;
}

/// false: this act was done to this event already. seq: of a row of the outbox, else 0.
inline bool record_action(TransactionRef tx, const ports::OperatorAction& action, const EventId& event,
                          std::int64_t seq, std::int64_t now) {
  return tx.exec(
             "INSERT INTO holdfast_operator_actions(id, event_id, seq, who, at, what, selection, note, result)"
             " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
             action.id, event, seq, action.who, now, action.what, action.selection, action.note, action.result) == 1;
}

}  // namespace holdfast::store
