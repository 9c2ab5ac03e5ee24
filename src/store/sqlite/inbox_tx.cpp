// One row a statement, where PostgreSQL takes a batch in one: there is no round trip to save, and keys with a NUL, which JSON
// lists would cut, stay whole.
#include "store/sqlite/inbox_tx.hpp"

#include <algorithm>
#include <stdexcept>

#include "store/headers.hpp"
#include "store/sqlite/deferred_row.hpp"
#include "store/sqlite/outbox_writer.hpp"
#include "store/words.hpp"

namespace holdfast::store {
namespace {

using namespace ports;

constexpr std::size_t longest_error = 4096;  // a text for people; a handler may throw megabytes

}  // namespace

std::set<EventId> SqliteInboxTx::claim(std::span<const Claim> claims) {
  auto settled_at = next_settled_at();
  std::set<EventId> fresh;
  for (const auto& [id, at, body_hash] : claims) {
    const auto inserted = tx_.exec(
        "INSERT INTO holdfast_inbox(consumer, event_id, state, event_at, body_hash, settled_at)"
        " VALUES ($1, $2, 'handled', $3, $4, $5) ON CONFLICT DO NOTHING",
        consumer_, id, micros(at), Bytes{body_hash}, settled_at);
    if (inserted == 1) fresh.insert(id), ++settled_at;
  }
  return fresh;
}

/// Now, but after all that the consumer settled before: so it also tells whether anything was handled in between. Asked for
/// by itself: a statement that reads the table it writes makes SQLite build a temporary one, each time.
std::int64_t SqliteInboxTx::next_settled_at() {
  const auto last =
      tx_.query<std::int64_t>(
             "SELECT settled_at FROM holdfast_inbox WHERE consumer = $1 ORDER BY settled_at DESC LIMIT 1", consumer_)
          .one_or_none();
  return std::max(access_.now(), last.value_or(0) + 1);
}

std::map<EventId, InboxRow> SqliteInboxTx::look(const std::set<EventId>& ids) {
  std::map<EventId, InboxRow> out;
  for (const auto& id : ids)
    if (auto row = try_lock(id)) out.emplace(id, std::move(*row));
  return out;
}

std::optional<InboxRow> SqliteInboxTx::try_lock(const EventId& id) {
  auto rows = select(tx_, "SELECT state, copy, body_hash FROM holdfast_inbox WHERE consumer = $1 AND event_id = $2",
                     consumer_, id);
  if (rows.empty()) return {};
  Fields fields(rows.front());
  InboxRow row;
  row.state = state_of(fields.text());
  row.copy = fields.small();
  row.body_hash = fields.bytes();
  return row;
}

void SqliteInboxTx::unclaim(const EventId& id) {
  tx_.exec("DELETE FROM holdfast_inbox WHERE consumer = $1 AND event_id = $2", consumer_, id);
}

void SqliteInboxTx::settle(const EventId& id, const Fate& fate) {
  const auto changed =
      tx_.exec("UPDATE holdfast_inbox SET state = $3, copy = $4, settled_at = $5 WHERE consumer = $1 AND event_id = $2",
               consumer_, id, word(fate.state), fate.copy, next_settled_at());
  if (changed != 1) throw std::logic_error("event " + id.to_string() + " was settled without being claimed");
  finish_starts(std::span(&id, 1));
  if (fate.deferred) set_aside(id, *fate.deferred);
  else tx_.exec("DELETE FROM holdfast_deferred WHERE consumer = $1 AND event_id = $2", consumer_, id);
}

void SqliteInboxTx::set_aside(const EventId& id, const Deferred& event) {
  tx_.exec(
      "INSERT INTO holdfast_deferred(consumer, event_id, key, blocks_key, state, attempts, due_at, reason, error, "
      "type, body,"
      " headers, origin, first_failed_at)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
      " ON CONFLICT(consumer, event_id) DO UPDATE SET key = excluded.key, blocks_key = excluded.blocks_key,"
      " state = excluded.state, attempts = excluded.attempts, due_at = excluded.due_at, reason = excluded.reason,"
      " error = excluded.error, type = excluded.type, body = excluded.body, headers = excluded.headers,"
      " origin = excluded.origin, first_failed_at = excluded.first_failed_at",
      consumer_, id, event.key, event.blocks_key, word(event.wait), event.attempts,
      access_.now() + micros(event.due_in), event.reason, event.error.substr(0, longest_error), event.type,
      Bytes{event.body}, headers_to_text(event.headers), event.origin, micros(event.first_failed_at));
}

void SqliteInboxTx::finish_starts(std::span<const EventId> ids) {
  for (const auto& id : ids)
    tx_.exec("DELETE FROM holdfast_delivery_starts WHERE consumer = $1 AND event_id = $2", consumer_, id);
}

std::set<std::string> SqliteInboxTx::blocked(const std::set<std::string>& keys) {
  std::set<std::string> out;
  for (const auto& key : keys)
    if (head(key)) out.insert(key);
  return out;
}

std::optional<Deferred> SqliteInboxTx::deferred(const EventId& id) {
  static const std::string sql =
      std::string("SELECT") + deferred_columns + "FROM holdfast_deferred WHERE consumer = $1 AND event_id = $2";
  auto rows = select(tx_, sql, consumer_, id);
  if (rows.empty()) return {};
  Fields fields(rows.front());
  return deferred_row(fields, access_.now());
}

std::optional<EventId> SqliteInboxTx::head(const std::string& key) {
  return tx_
      .query<EventId>(
          "SELECT event_id FROM holdfast_deferred WHERE consumer = $1 AND key = $2 AND blocks_key = 1"
          " ORDER BY position LIMIT 1",
          consumer_, key)
      .one_or_none();
}

std::optional<Timestamp> SqliteInboxTx::pruned_before() {
  const auto at =
      tx_.query<std::int64_t>("SELECT pruned_before FROM holdfast_inbox_horizon WHERE consumer = $1", consumer_);
  return at.empty() ? std::nullopt : std::optional(from_micros(at.one()));
}

void SqliteInboxTx::publish(const OutgoingEvent& event) {
  outbox_writer(Dialect::sqlite).append(tx_, std::span(&event, 1));
}

bool SqliteInboxTx::record(const OperatorAction& action, const EventId& event) {
  return record_action(tx_, action, event, 0, access_.now());
}

Transaction& SqliteInboxTx::transaction() {
  if (!own_) throw std::logic_error("the transaction is the user's own");
  return *own_;
}

std::optional<Trouble> SqliteInboxTx::trouble() const {
  using Broken = detail::TransactionState::Broken;
  const auto broken = own_ ? const_cast<Transaction&>(*own_).state().broken() : std::nullopt;
  if (!broken) return {};
  return *broken == Broken::transient ? Trouble::transient : Trouble::unavailable;
}

void SqliteInboxTx::commit() { transaction().commit(); }

}  // namespace holdfast::store
