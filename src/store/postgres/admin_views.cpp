// What an operator sees.
#include "store/postgres/admin.hpp"
#include "store/postgres/deferred_row.hpp"
#include "store/postgres/migrations.hpp"
#include "store/postgres/outbox_row.hpp"
#include "store/subscribed.hpp"

namespace holdfast::store {

using namespace ports;

namespace {

/// $1: order.created.* for all versions. by_id: so that the index on id is used, which an "or all" would hide.
std::string outbox_sql(const char* columns, const char* more, const char* table, bool by_id) {
  return std::string("SELECT") + columns + ", coalesce(o.last_error, ''), " + more + " FROM " + table +
         " AS o WHERE ($1 = '' OR o.type = $1 OR (right($1, 2) = '.*' AND starts_with(o.type, left($1, -1))"
         " AND strpos(substr(o.type, length($1)), '.') = 0)) AND ($2 = '' OR o.key = $2) AND ($3 = '' OR position($3 in o.last_error) > 0)" +
         (by_id ? " AND o.id = ANY ($4::uuid[])" : " AND cardinality($4::uuid[]) = 0") +
         " AND ($5::bigint IS NULL OR o.occurred_at >= " HOLDFAST_AT("$5") ")"
         " AND ($6::bigint IS NULL OR o.occurred_at < " HOLDFAST_AT("$6") ") ORDER BY o.seq LIMIT $7";
}

std::vector<OutboxView> outbox_views(TransactionRef tx, const std::string& sql, const Selection& s) {
  auto rows = select(tx, sql, s.type, s.key, s.error, s.ids, micros(s.since), micros(s.until), s.limit);
  std::vector<OutboxView> out;
  for (auto& row : rows) {
    Fields fields(row);
    OutboxView& view = out.emplace_back();
    view.row = postgres_outbox_row(fields);
    view.last_error = fields.text();
    view.published_at = fields.time_or_null();
  }
  return out;
}

// $10: only the dead. $11: now. Those that wait at the broker have no row in deferred, so there is little to say of them.
constexpr const char* deferred_sql =
    "SELECT i.consumer, d.position, i.state, i.copy," HOLDFAST_DEFERRED_COLUMNS(HOLDFAST_NOW("$11"))
    "  FROM holdfast.deferred AS d JOIN holdfast.inbox AS i ON i.consumer = d.consumer AND i.event_id = d.event_id"
    " WHERE (octet_length($1::bytea) = 0 OR d.type = $1 OR (substr($1, octet_length($1) - 1) = '.*'::bytea"
    "        AND substr(d.type, 1, greatest(octet_length($1) - 1, 0)) = substr($1, 1, greatest(octet_length($1) - 1, 0))"
    "        AND position('.'::bytea IN substr(d.type, octet_length($1))) = 0)) AND (octet_length($2::bytea) = 0 OR d.key = $2)"
    "   AND ($3 = '' OR position($3 in d.error) > 0)"
    "   AND (cardinality($4::uuid[]) = 0 OR d.event_id = ANY ($4))"
    "   AND ($5::bigint IS NULL OR d.first_failed_at >= " HOLDFAST_AT("$5") ")"
    "   AND ($6::bigint IS NULL OR d.first_failed_at < " HOLDFAST_AT("$6") ")"
    "   AND ($8 = '' OR d.consumer = $8) AND ($9 = '' OR d.reason = $9) AND (NOT $10::boolean OR d.state = 'dead')"
    " UNION ALL "
    "SELECT i.consumer, 0, i.state, i.copy, i.event_id, ''::bytea, false, 'retry', 0, 0, '', '', ''::bytea, ''::bytea, '{}'::bytea,"
    "       '', NULL"
    "  FROM holdfast.inbox AS i"
    " WHERE i.state = 'retrying' AND NOT $10 AND octet_length($1) = 0 AND octet_length($2) = 0 AND $3 = '' AND $5 IS NULL"
    "   AND $6 IS NULL AND $9 = '' AND (cardinality($4) = 0 OR i.event_id = ANY ($4)) AND ($8 = '' OR i.consumer = $8)"
    " ORDER BY 1, 2 LIMIT $7";

ConsumerCounts counts(TransactionRef tx, const std::string& consumer, const std::string& queue) {
  ConsumerCounts out{.consumer = consumer, .queue = queue};
  for (const auto& [state, n] :
       tx.query<std::string, std::int64_t>("SELECT state, count(*) FROM holdfast.inbox WHERE consumer = $1 AND state "
                                           "NOT IN ('deferred', 'dead') GROUP BY state",
                                           consumer)) {
    if (state == word(State::handled)) out.handled = n;
    else if (state == word(State::retrying)) out.retrying = n;
    else out.discarded = n;
  }
  for (const auto& [wait, n] : tx.query<std::string, std::int64_t>(
           "SELECT state, count(*) FROM holdfast.deferred WHERE consumer = $1 GROUP BY state", consumer)) {
    if (wait == word(Deferred::Wait::retry)) out.retry = n;
    else if (wait == word(Deferred::Wait::blocked)) out.blocked = n;
    else out.dead = n;
  }
  return out;
}

}  // namespace

std::vector<OutboxView> PostgresAdmin::pending(const Selection& selection) {
  Transaction tx = access_.begin_read();
  return outbox_views(
      tx, outbox_sql(HOLDFAST_OUTBOX_COLUMNS, "NULL::bigint", "holdfast.outbox", !selection.ids.empty()), selection);
}

std::vector<OutboxView> PostgresAdmin::published(const Selection& selection) {
  Transaction tx = access_.begin_read();
  return outbox_views(tx,
                      outbox_sql(HOLDFAST_PUBLISHED_COLUMNS, HOLDFAST_MICROS("o.published_at"),
                                 "holdfast.outbox_published", !selection.ids.empty()),
                      selection);
}

std::vector<DeferredView> PostgresAdmin::deferred(const Selection& s, bool dead_only) {
  Transaction tx = access_.begin_read();
  auto rows = select(tx, deferred_sql, Bytes{s.type}, Bytes{s.key}, s.error, s.ids, micros(s.since), micros(s.until),
                     s.limit, s.consumer, s.reason, dead_only, access_.now());
  std::vector<DeferredView> out;
  for (auto& row : rows) {
    Fields fields(row);
    DeferredView& view = out.emplace_back();
    view.consumer = fields.text();
    view.position = fields.integer();
    view.state = state_of(fields.text());
    view.copy = fields.small();
    view.event = postgres_deferred_row(fields);
  }
  return out;
}

std::vector<std::string> PostgresAdmin::consumers() {
  Transaction tx = access_.begin_read();
  const auto rows = tx.query<std::string>("SELECT DISTINCT consumer FROM holdfast.consumers ORDER BY consumer");
  return {rows.begin(), rows.end()};
}

std::vector<ports::Subscribed> PostgresAdmin::subscriptions() {
  Transaction tx = access_.begin_read();
  return subscribed(tx.query<std::string, std::string, std::string, std::string, std::string>(
      "SELECT consumer, queue, patterns, ordering, delays FROM holdfast.consumers ORDER BY consumer, started_at"));
}

std::pair<std::string, Millis> PostgresAdmin::lease(TransactionRef tx) const {
  for (const auto& [owner, left] : tx.query<std::string, std::int64_t>(
           "SELECT owner, " HOLDFAST_MICROS(
               "(expires_at - " HOLDFAST_NOW("$1") ")") " FROM holdfast.relay_lease"
                                                        " WHERE expires_at > " HOLDFAST_NOW("$1"),
           access_.now()))
    return {owner, std::chrono::floor<Millis>(std::chrono::microseconds(left))};
  return {};
}

Status PostgresAdmin::status() {
  Transaction tx = access_.begin_read();
  Status out;
  out.schema_version = postgres_schema_version(tx);
  std::optional<std::int64_t> oldest;
  std::tie(out.pending, out.refused, oldest) =
      tx.query<std::int64_t, std::int64_t, std::optional<std::int64_t>>(
            "SELECT count(*), count(*) FILTER (WHERE refused), " HOLDFAST_MICROS(
                "min(occurred_at)") " FROM holdfast.outbox")
          .one();
  if (oldest) out.oldest_pending = from_micros(*oldest);
  out.published = tx.query<std::int64_t>("SELECT count(*) FROM holdfast.outbox_published").one();
  std::tie(out.lease_owner, out.lease_left) = lease(tx);
  for (const auto& [consumer, queue] : tx.query<std::string, std::string>(
           "SELECT DISTINCT ON (consumer) consumer, queue FROM holdfast.consumers ORDER BY consumer, started_at DESC"))
    out.consumers.push_back(counts(tx, consumer, queue));
  return out;
}

}  // namespace holdfast::store
