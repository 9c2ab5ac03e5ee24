// Columns of a deferred event, and the value that they make; and the note of an operator's act. d: the table's alias.
// What came from outside is bytes; what people read is text, made to fit.
#pragma once
#include "event/utf8.hpp"
#include "ports/inbox_store.hpp"
#include "store/headers.hpp"
#include "store/postgres/access.hpp"
#include "store/words.hpp"

// now: of the statement, as HOLDFAST_NOW. due_at comes as the time that is left, in microseconds.
#define HOLDFAST_DEFERRED_COLUMNS(now) \
  " d.event_id, d.key, d.blocks_key, d.state, d.attempts, " HOLDFAST_MICROS("(d.due_at - " now ")") ", d.reason, d.error," \
  " d.type, d.body, d.headers, d.origin, " HOLDFAST_MICROS("d.first_failed_at") " "

namespace holdfast::store {

inline ports::Deferred postgres_deferred_row(Fields& fields) {
  ports::Deferred out;
  out.id = fields.id();
  out.key = fields.bytes();
  out.blocks_key = fields.flag();
  out.wait = wait_of(fields.text());
  out.attempts = fields.small();
  out.due_in = std::chrono::ceil<ports::Millis>(std::chrono::microseconds(fields.integer()));
  out.reason = fields.text();
  out.error = fields.text();
  out.type = fields.bytes();
  out.body = fields.bytes();
  out.headers = headers_from_text(fields.bytes());
  out.origin = fields.text();
  out.first_failed_at = fields.time_or_null();
  return out;
}

inline std::string people_text(std::string_view text) { return event::fit(text, 4096); }

/// false: this act was done to this event already. seq: of a row of the outbox, else 0.
inline bool record_postgres_action(TransactionRef tx, const ports::OperatorAction& action, const EventId& event,
                                   std::int64_t seq, std::optional<std::int64_t> now) {
  return tx.exec(
             "INSERT INTO holdfast.operator_actions(id, event_id, seq, who, at, what, selection, note, result)"
             " VALUES ($1, $2, $3, $4, " HOLDFAST_NOW("$5") ", $6, $7, $8, $9) ON CONFLICT DO NOTHING",
             action.id, event, seq, people_text(action.who), now, people_text(action.what),
             people_text(action.selection), people_text(action.note), people_text(action.result)) == 1;
}

}  // namespace holdfast::store
