// A batch in one statement each; what it waits for is what the port says: an open insert or change, not a mere lock.
#include "store/postgres/inbox_tx.hpp"

#include <stdexcept>

#include "store/postgres/deferred_row.hpp"
#include "store/postgres/outbox_writer.hpp"

// Now, but after all that the consumer ($1) was seen to settle before: so it also tells whether anything was settled in between.
#define HOLDFAST_SETTLED_AT(now) \
  "(SELECT greatest(" HOLDFAST_NOW(now) ", max(i.settled_at) + interval '1 microsecond') FROM holdfast.inbox AS i" \
  "  WHERE i.consumer = $1)"

namespace holdfast::store {
namespace {

using namespace ports;

using Ids = std::vector<EventId>;

Ids list(const std::set<EventId>& ids) { return {ids.begin(), ids.end()}; }

const std::string look_sql =
    "SELECT event_id, state, copy, body_hash FROM holdfast.inbox WHERE consumer = $1 AND event_id = ANY ($2::uuid[])"
    " ORDER BY event_id";

}  // namespace

std::set<EventId> PostgresInboxTx::claim(std::span<const Claim> claims) {
  Ids ids;
  std::vector<std::optional<std::int64_t>> at;
  std::vector<Bytes> hashes;
  for (const auto& claim : claims) {
    ids.push_back(claim.id), at.push_back(micros(claim.at)), hashes.push_back({claim.body_hash});
  }
  const auto fresh = tx_.query<EventId>(
      "INSERT INTO holdfast.inbox(consumer, event_id, state, event_at, body_hash, settled_at)"
      " SELECT $1, c.id, 'handled', " HOLDFAST_AT("c.at") ", c.hash, " HOLDFAST_SETTLED_AT("$5")
      " FROM unnest($2::uuid[], $3::bigint[], $4::bytea[]) AS c(id, at, hash) ORDER BY c.id"
      " ON CONFLICT DO NOTHING RETURNING event_id",
      consumer_, ids, at, hashes, access_.now());
  return {fresh.begin(), fresh.end()};
}

std::map<EventId, InboxRow> PostgresInboxTx::rows_of(const std::set<EventId>& ids, const char* lock) {
  std::map<EventId, InboxRow> out;
  for (auto& raw : select(tx_, look_sql + lock, consumer_, list(ids))) {
    Fields fields(raw);
    InboxRow& row = out[fields.id()];
    row.state = state_of(fields.text());
    row.copy = fields.small();
    row.body_hash = fields.bytes();
  }
  return out;
}

std::map<EventId, InboxRow> PostgresInboxTx::lock(const std::set<EventId>& ids) { return rows_of(ids, " FOR UPDATE"); }
std::map<EventId, InboxRow> PostgresInboxTx::look(const std::set<EventId>& ids) { return rows_of(ids, ""); }

std::optional<InboxRow> PostgresInboxTx::try_lock(const EventId& id) {
  const auto rows = rows_of({id}, " FOR UPDATE SKIP LOCKED");
  return rows.empty() ? std::nullopt : std::optional(rows.begin()->second);
}

void PostgresInboxTx::unclaim(const EventId& id) {
  tx_.exec("DELETE FROM holdfast.inbox WHERE consumer = $1 AND event_id = $2", consumer_, id);
}

void PostgresInboxTx::settle(const EventId& id, const Fate& fate) {
  const auto changed = tx_.exec("UPDATE holdfast.inbox SET state = $3, copy = $4, settled_at = " HOLDFAST_SETTLED_AT(
                                    "$5") " WHERE consumer = $1 AND event_id = $2",
                                consumer_, id, word(fate.state), fate.copy, access_.now());
  if (changed != 1) throw std::logic_error("event " + id.to_string() + " was settled without being claimed");
  finish_starts(std::span(&id, 1));
  if (fate.deferred) set_aside(id, *fate.deferred);
  else tx_.exec("DELETE FROM holdfast.deferred WHERE consumer = $1 AND event_id = $2", consumer_, id);
}

void PostgresInboxTx::set_aside(const EventId& id, const Deferred& event) {
  tx_.exec(
      "INSERT INTO holdfast.deferred(consumer, event_id, key, blocks_key, state, attempts, due_at, reason, error, type, body,"
      " headers, origin, first_failed_at)"
      " VALUES ($1, $2, $3, $4, $5, $6, " HOLDFAST_NOW("$15") " + $7::bigint * interval '1 millisecond', $8, $9, $10, $11, $12,"
      "  $13, " HOLDFAST_AT("$14") ")"
      " ON CONFLICT (consumer, event_id) DO UPDATE SET key = excluded.key, blocks_key = excluded.blocks_key,"
      " state = excluded.state, attempts = excluded.attempts, due_at = excluded.due_at, reason = excluded.reason,"
      " error = excluded.error, type = excluded.type, body = excluded.body, headers = excluded.headers,"
      " origin = excluded.origin, first_failed_at = excluded.first_failed_at",
      consumer_, id, Bytes{event.key}, event.blocks_key, word(event.wait), event.attempts, event.due_in.count(),
      people_text(event.reason), people_text(event.error), Bytes{event.type}, Bytes{event.body},
      Bytes{headers_to_text(event.headers)}, people_text(event.origin), micros(event.first_failed_at), access_.now());
}

void PostgresInboxTx::finish_starts(std::span<const EventId> ids) {
  tx_.exec("DELETE FROM holdfast.delivery_starts WHERE consumer = $1 AND event_id = ANY ($2::uuid[])", consumer_,
           Ids(ids.begin(), ids.end()));
}

std::set<std::string> PostgresInboxTx::blocked(const std::set<std::string>& keys) {
  std::vector<Bytes> wanted;
  for (const auto& key : keys) wanted.push_back({key});
  std::set<std::string> out;
  for (const auto& key : tx_.query<Bytes>(
           "SELECT k.key FROM unnest($2::bytea[]) AS k(key) WHERE EXISTS (SELECT FROM holdfast.deferred AS d"
           " WHERE d.consumer = $1 AND d.blocks_key AND sha256(d.key) = sha256(k.key))",
           consumer_, wanted))
    out.insert(key.data);
  return out;
}

std::optional<Deferred> PostgresInboxTx::deferred(const EventId& id) {
  auto rows = select(tx_,
                     "SELECT" HOLDFAST_DEFERRED_COLUMNS(
                         HOLDFAST_NOW("$3")) "FROM holdfast.deferred AS d WHERE d.consumer = $1 AND d.event_id = $2",
                     consumer_, id, access_.now());
  if (rows.empty()) return {};
  Fields fields(rows.front());
  return postgres_deferred_row(fields);
}

std::optional<EventId> PostgresInboxTx::head(const std::string& key) {
  return tx_
      .query<EventId>(
          "SELECT event_id FROM holdfast.deferred WHERE consumer = $1 AND sha256(key) = sha256($2::bytea) AND "
          "blocks_key"
          " ORDER BY position LIMIT 1",
          consumer_, Bytes{key})
      .one_or_none();
}

std::optional<Timestamp> PostgresInboxTx::pruned_before() {
  const auto at = tx_.query<std::int64_t>(
      "SELECT " HOLDFAST_MICROS("pruned_before") " FROM holdfast.inbox_horizon WHERE consumer = $1", consumer_);
  return at.empty() ? std::nullopt : std::optional(from_micros(at.one()));
}

void PostgresInboxTx::publish(const OutgoingEvent& event) {
  outbox_writer(Dialect::postgres).append(tx_, std::span(&event, 1));
}

bool PostgresInboxTx::record(const OperatorAction& action, const EventId& event) {
  return record_postgres_action(tx_, action, event, 0, access_.now());
}

Transaction& PostgresInboxTx::transaction() {
  if (!own_) throw std::logic_error("the transaction is the user's own");
  return *own_;
}

std::optional<Trouble> PostgresInboxTx::trouble() const {
  using Broken = detail::TransactionState::Broken;
  const auto broken = own_ ? const_cast<Transaction&>(*own_).state().broken() : std::nullopt;
  if (!broken) return {};
  return *broken == Broken::transient ? Trouble::transient : Trouble::unavailable;
}

void PostgresInboxTx::commit() { transaction().commit(); }

}  // namespace holdfast::store
