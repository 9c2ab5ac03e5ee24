// What an operator sees.
#include "store/sqlite/admin.hpp"
#include "store/sqlite/deferred_row.hpp"
#include "store/sqlite/migrations.hpp"
#include "store/sqlite/outbox_row.hpp"
#include "store/subscribed.hpp"

namespace holdfast::store {

using namespace ports;

namespace {

std::vector<std::string> hex(const std::vector<EventId>& ids) {
  std::vector<std::string> out;
  out.reserve(ids.size());
  for (const auto& id : ids) out.push_back(id.to_string());
  return out;
}

// $1: order.created.* for all versions.
#define HOLDFAST_OF_TYPE(TYPE)                                           \
  "($1 = '' OR " TYPE " = $1 OR (substr($1, -2) = '.*' AND substr(" TYPE \
  ", 1, length($1) - 1)"                                                 \
  " = substr($1, 1, length($1) - 1) AND instr(substr(" TYPE ", length($1)), '.') = 0))"

/// by_id: so that the index on id is used, which an "or all" would hide.
std::string outbox_sql(const char* columns, const char* more, const char* table, bool by_id) {
  return std::string("SELECT") + columns + ", coalesce(last_error, ''), " + more + " FROM " + table +
         " WHERE " HOLDFAST_OF_TYPE("type") " AND ($2 = '' OR key = $2) AND ($3 = '' OR instr(last_error, $3) > 0)" +
         (by_id ? " AND id IN (SELECT value FROM json_each($4))" : " AND $4 = '[]'") +
         " AND ($5 IS NULL OR occurred_at >= $5) AND ($6 IS NULL OR occurred_at < $6)"
         " ORDER BY seq LIMIT $7";
}

std::vector<OutboxView> outbox_views(TransactionRef tx, const std::string& sql, const Selection& s) {
  auto rows = select(tx, sql, s.type, s.key, s.error, hex(s.ids), micros(s.since), micros(s.until), s.limit);
  std::vector<OutboxView> out;
  for (auto& row : rows) {
    Fields fields(row);
    OutboxView& view = out.emplace_back();
    view.row = outbox_row(fields);
    view.last_error = fields.text();
    view.published_at = fields.time_or_null();
  }
  return out;
}

/// $10: only the dead. $11: now. Those that wait at the broker have no row in deferred, so there is little to say of them.
constexpr const char* deferred_sql =
    "SELECT i.consumer, d.position, i.state, i.copy, d.event_id, d.key, d.blocks_key, d.state, d.attempts, d.due_at, "
    "d.reason,"
    "       d.error, d.type, d.body, d.headers, d.origin, d.first_failed_at"
    "  FROM holdfast_deferred d JOIN holdfast_inbox i ON i.consumer = d.consumer AND i.event_id = d.event_id"
    " WHERE " HOLDFAST_OF_TYPE("d.type") " AND ($2 = '' OR d.key = $2) AND ($3 = '' OR instr(d.error, $3) > 0)"
    "   AND ($4 = '[]' OR d.event_id IN (SELECT value FROM json_each($4)))"
    "   AND ($5 IS NULL OR d.first_failed_at >= $5) AND ($6 IS NULL OR d.first_failed_at < $6)"
    "   AND ($8 = '' OR d.consumer = $8) AND ($9 = '' OR d.reason = $9) AND ($10 = 0 OR d.state = 'dead')"
    " UNION ALL "
    "SELECT consumer, 0, state, copy, event_id, '', 0, 'retry', 0, $11, '', '', '', x'', '{}', '', NULL"
    "  FROM holdfast_inbox"
    " WHERE state = 'retrying' AND $10 = 0 AND $1 = '' AND $2 = '' AND $3 = '' AND $5 IS NULL AND $6 IS NULL AND $9 = "
    "''"
    "   AND ($4 = '[]' OR event_id IN (SELECT value FROM json_each($4))) AND ($8 = '' OR consumer = $8)"
    " ORDER BY 1, 2 LIMIT $7";

ConsumerCounts counts(TransactionRef tx, const std::string& consumer, const std::string& queue) {
  ConsumerCounts out{.consumer = consumer, .queue = queue};
  for (const auto& [state, n] :
       tx.query<std::string, std::int64_t>("SELECT state, count(*) FROM holdfast_inbox WHERE consumer = $1 AND state "
                                           "NOT IN ('deferred', 'dead') GROUP BY state",
                                           consumer)) {
    if (state == word(State::handled)) out.handled = n;
    else if (state == word(State::retrying)) out.retrying = n;
    else out.discarded = n;
  }
  for (const auto& [wait, n] : tx.query<std::string, std::int64_t>(
           "SELECT state, count(*) FROM holdfast_deferred WHERE consumer = $1 GROUP BY state", consumer)) {
    if (wait == word(Deferred::Wait::retry)) out.retry = n;
    else if (wait == word(Deferred::Wait::blocked)) out.blocked = n;
    else out.dead = n;
  }
  return out;
}

}  // namespace

std::vector<OutboxView> SqliteAdmin::pending(const Selection& selection) {
  Transaction tx = access_.begin_read();
  return outbox_views(tx, outbox_sql(outbox_columns, "NULL", "holdfast_outbox", !selection.ids.empty()), selection);
}

std::vector<OutboxView> SqliteAdmin::published(const Selection& selection) {
  Transaction tx = access_.begin_read();
  return outbox_views(
      tx, outbox_sql(published_columns, "published_at", "holdfast_outbox_published", !selection.ids.empty()),
      selection);
}

std::vector<DeferredView> SqliteAdmin::deferred(const Selection& s, bool dead_only) {
  Transaction tx = access_.begin_read();
  const auto now = access_.now();
  auto rows = select(tx, deferred_sql, s.type, s.key, s.error, hex(s.ids), micros(s.since), micros(s.until), s.limit,
                     s.consumer, s.reason, dead_only, now);
  std::vector<DeferredView> out;
  for (auto& row : rows) {
    Fields fields(row);
    DeferredView& view = out.emplace_back();
    view.consumer = fields.text();
    view.position = fields.integer();
    view.state = state_of(fields.text());
    view.copy = fields.small();
    view.event = deferred_row(fields, now);
  }
  return out;
}

std::vector<std::string> SqliteAdmin::consumers() {
  Transaction tx = access_.begin_read();
  const auto rows = tx.query<std::string>("SELECT DISTINCT consumer FROM holdfast_consumers ORDER BY consumer");
  return {rows.begin(), rows.end()};
}

std::vector<ports::Subscribed> SqliteAdmin::subscriptions() {
  Transaction tx = access_.begin_read();
  return subscribed(tx.query<std::string, std::string, std::string, std::string, std::string>(
      "SELECT consumer, queue, patterns, ordering, delays FROM holdfast_consumers ORDER BY consumer, started_at"));
}

std::pair<std::string, Millis> SqliteAdmin::lease(TransactionRef tx) const {
  const auto now = access_.now();
  for (const auto& [owner, expires_at] : tx.query<std::string, std::int64_t>(
           "SELECT owner, expires_at FROM holdfast_relay_lease WHERE expires_at > $1", now))
    return {owner, std::chrono::floor<Millis>(std::chrono::microseconds(expires_at - now))};
  return {};
}

Status SqliteAdmin::status() {
  Transaction tx = access_.begin_read();
  Status out;
  out.schema_version = schema_version(tx);
  std::optional<std::int64_t> oldest;
  std::tie(out.pending, out.refused, oldest) =
      tx.query<std::int64_t, std::int64_t, std::optional<std::int64_t>>(
            "SELECT count(*), coalesce(sum(refused), 0), min(occurred_at) FROM holdfast_outbox")
          .one();
  if (oldest) out.oldest_pending = from_micros(*oldest);
  out.published = tx.query<std::int64_t>("SELECT count(*) FROM holdfast_outbox_published").one();
  std::tie(out.lease_owner, out.lease_left) = lease(tx);
  // SQLite takes the queue from the row that has the maximum.
  for (const auto& [consumer, queue, started_at] : tx.query<std::string, std::string, std::int64_t>(
           "SELECT consumer, queue, max(started_at) FROM holdfast_consumers GROUP BY consumer ORDER BY consumer"))
    out.consumers.push_back(counts(tx, consumer, queue));
  return out;
}

}  // namespace holdfast::store
