#include "store/postgres/outbox.hpp"

#include <algorithm>

#include "event/utf8.hpp"
#include "holdfast/errors.hpp"
#include "ports/owner.hpp"
#include "sql/postgres_run.hpp"
#include "store/postgres/outbox_row.hpp"

namespace holdfast::store {
namespace {

using namespace ports;

constexpr std::int64_t bytes_a_page = 4 << 20;  // rows may be of 1 MiB each: a page must not fill the memory
constexpr std::size_t error_bytes = 4096;

// One row for each event, or one of nulls; the snapshot of this very statement is in the first. $1: above this number, $2: most
// rows, $3: most bytes, beyond them a row comes without its envelope, $4: what the first page of the round saw; later pages take
// what it sees, $5: without these keys. A row with a number of transaction that is not given yet came from a backup: no test may
// hide it.
#define HOLDFAST_BYTES_BEFORE \
  "sum(octet_length(p.envelope)) OVER (ORDER BY p.seq ROWS UNBOUNDED PRECEDING) - octet_length(p.envelope)"
#define HOLDFAST_PAGE(seq, new_rows)                                                                                   \
  "SELECT CASE WHEN o.before > 0 THEN '' ELSE now.snapshot END, o.envelope IS NOT NULL," HOLDFAST_OUTBOX_COLUMNS       \
  "FROM (SELECT pg_current_snapshot() || '/' || " HOLDFAST_SERVER_RUN                                                  \
  " AS snapshot) AS now LEFT JOIN ("                                                                                   \
  " SELECT p.seq, p.attempts, p.refused, p.id, p.type, p.key, p.destination, p.unrouted_ok, p.occurred_at, p.headers," \
  "  " HOLDFAST_BYTES_BEFORE " AS before, CASE WHEN " HOLDFAST_BYTES_BEFORE                                            \
  " < $3 THEN p.envelope END AS envelope FROM ("                                                                       \
  "  SELECT * FROM (" new_rows ") AS n WHERE " seq                                                                     \
  " > $1 AND ($4 = '' OR pg_visible_in_snapshot(n.xid, nullif($4, '')::pg_snapshot)"                                   \
  "    OR n.xid >= pg_snapshot_xmax(pg_current_snapshot())) AND (n.key IS NULL OR n.key <> ALL ($5::text[]))"          \
  "  ORDER BY n.seq LIMIT $2) AS p) AS o ON true"

// All of them, or what the snapshot $6 did not see. One of another run of the server ($7), or of a future that did not happen (a
// backup was restored), saw nothing: their numbers are given again.
constexpr const char* read_all_sql = HOLDFAST_PAGE("n.seq", "SELECT * FROM holdfast.outbox");
// The number is hidden from the planner, which else may walk over all of them.
constexpr const char* read_new_sql = HOLDFAST_PAGE(
    "n.seq + 0",
    "SELECT * FROM holdfast.outbox WHERE xid >= CASE"
    "  WHEN $7 <> " HOLDFAST_SERVER_RUN
    "    OR pg_snapshot_xmax($6::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot()) THEN '0'::xid8"
    "  ELSE pg_snapshot_xmax($6::pg_snapshot) END"
    " UNION ALL SELECT * FROM holdfast.outbox WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip($6::pg_snapshot)))"
    "  AND $7 = " HOLDFAST_SERVER_RUN
    "  AND pg_snapshot_xmax($6::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot())");

constexpr const char* read_keys_sql =
    "SELECT" HOLDFAST_OUTBOX_COLUMNS
    "FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS k(key, after, n) CROSS JOIN LATERAL ("
    " SELECT * FROM holdfast.outbox AS r WHERE r.key = k.key AND r.seq > k.after ORDER BY r.seq LIMIT $3) AS o ORDER "
    "BY k.n, o.seq";

constexpr const char* mark_sql =
    "WITH gone AS (DELETE FROM holdfast.outbox AS o USING unnest($1::bigint[], $2::uuid[]) AS m(seq, id)"
    "  WHERE o.seq = m.seq AND o.id = m.id RETURNING o.*),"
    " kept AS (INSERT INTO holdfast.outbox_published(seq, id, shard, key, type, unrouted_ok, occurred_at, envelope, headers,"
    "  attempts, last_error, published_at)"
    "  SELECT seq, id, shard, key, type, unrouted_ok, occurred_at, envelope, headers, attempts, last_error, " HOLDFAST_NOW("$3")
    "  FROM gone WHERE destination IS NULL)"
    " SELECT count(*) FROM gone";

constexpr const char* note_sql =
    "UPDATE holdfast.outbox AS o SET attempts = o.attempts + 1, last_error = $3, refused = o.refused OR $4"
    " FROM unnest($1::bigint[], $2::uuid[]) AS m(seq, id) WHERE o.seq = m.seq AND o.id = m.id";

// $3: the owner that was seen to be gone, if any.
constexpr const char* renew_sql =
    "INSERT INTO holdfast.relay_lease AS l (only_row, owner, expires_at)"
    " VALUES (1, $1, " HOLDFAST_NOW("$4") " + $2::bigint * interval '1 millisecond')"
    " ON CONFLICT (only_row) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at"
    "  WHERE l.owner = $1 OR l.owner = $3 OR l.expires_at <= " HOLDFAST_NOW("$4")
    " RETURNING 1";

struct Marks {
  std::vector<std::int64_t> seqs;
  std::vector<EventId> ids;
};

/// By number: two that mark the same rows wait for each other instead of locking each other out.
Marks marks_of(std::span<const RowRef> rows) {
  std::vector<RowRef> sorted(rows.begin(), rows.end());
  std::sort(sorted.begin(), sorted.end());
  Marks out;
  for (const auto& [seq, id] : sorted) out.seqs.push_back(seq), out.ids.push_back(id);
  return out;
}

/// The port knows one error: nothing is known about that call, and it may be repeated.
template <class Call>
auto repeatable(Call call) {
  try {
    return call();
  } catch (const Transient& lost) { throw Unavailable(lost.what()); }
}

std::vector<OutboxRow> rows_of(std::vector<detail::SqlRow> raw) {
  std::vector<OutboxRow> rows;
  rows.reserve(raw.size());
  for (auto& one : raw) {
    Fields fields(one);
    rows.push_back(postgres_outbox_row(fields));
  }
  return rows;
}

/// Of a cursor: the snapshot, and the run of the server that it was taken in.
std::pair<std::string, std::string> parts_of(const Snapshot& cursor) {
  const auto slash = std::min(cursor.opaque.find('/'), cursor.opaque.size());
  return {cursor.opaque.substr(0, slash), cursor.opaque.substr(std::min(slash + 1, cursor.opaque.size()))};
}

}  // namespace

// In another run of the server nobody knows what the first page saw: the round ends, and the next one reads everything.
Page PostgresOutbox::read(const Round& round, int limit, std::span<const std::string> without) {
  const auto [seen, run] = parts_of(round.not_seen_by);
  const auto [as_of, as_of_run] = parts_of(round.as_of);
  auto raw = repeatable([&] {
    const std::vector<std::string> keys(without.begin(), without.end());
    return seen.empty() ? access_.run_lazy(read_all_sql, round.after, limit, bytes_a_page, as_of, keys)
                        : access_.run_lazy(read_new_sql, round.after, limit, bytes_a_page, as_of, keys, seen, run);
  });
  Page page;
  Snapshot now;
  page.rows.reserve(raw.size());
  for (auto& one : raw) {
    Fields fields(one);
    std::string snapshot = fields.text();
    if (now.opaque.empty()) now.opaque = std::move(snapshot);
    if (fields.flag()) page.rows.push_back(postgres_outbox_row(fields));
  }
  const bool first_page = as_of.empty();
  if (!first_page && as_of_run != parts_of(now).second) return {.rows = {}, .next = {}, .last = true};
  const Snapshot& first = first_page ? now : round.as_of;
  std::ranges::sort(page.rows, {}, &OutboxRow::seq);  // a join promises no order
  const bool all_fit = page.rows.empty() || page.rows.size() == raw.size();
  page.last = all_fit && page.rows.size() < static_cast<std::size_t>(limit);
  page.next = page.last ? Round{first, {}, 0} : Round{round.not_seen_by, first, page.rows.back().seq};
  return page;
}

std::vector<OutboxRow> PostgresOutbox::read_keys(std::span<const KeyFrom> keys, int limit_each) {
  std::vector<std::string> names;
  std::vector<Seq> after;
  for (const auto& key : keys) names.push_back(key.key), after.push_back(key.after);
  return rows_of(repeatable([&] { return access_.run_lazy(read_keys_sql, names, after, limit_each); }));
}

// A mark that a power cut takes back is a duplicate, and the inbox absorbs those: it need not wait for the disk.
int PostgresOutbox::mark_published(std::span<const RowRef> rows) {
  const Marks marks = marks_of(rows);
  auto moved = repeatable([&] { return access_.run_lazy(mark_sql, marks.seqs, marks.ids, access_.now()); });
  return Fields(moved.at(0)).small();
}

void PostgresOutbox::note_failure(std::span<const RowRef> rows, const std::string& error, bool refused) {
  const Marks marks = marks_of(rows);
  repeatable(
      [&] { return access_.run_lazy(note_sql, marks.seqs, marks.ids, event::fit(error, error_bytes), refused); });
}

bool PostgresOutbox::renew(const std::string& owner, Millis ttl) {
  const auto take = [&](const std::string& gone) {
    return !access_.run_lazy(renew_sql, owner, ttl.count(), gone, access_.now()).empty();
  };
  return repeatable([&] {
    if (take(owner)) return true;
    auto holder = access_.run_lazy("SELECT owner FROM holdfast.relay_lease");
    if (holder.empty()) return take(owner);
    const std::string name = Fields(holder.at(0)).text();
    return is_gone(name) && take(name);
  });
}

void PostgresOutbox::release(const std::string& owner) {
  repeatable([&] { return access_.run_lazy("DELETE FROM holdfast.relay_lease WHERE owner = $1", owner); });
}

bool PostgresOutbox::retain(Millis published, int limit) {
  auto deleted = repeatable([&] {
    return access_.run_lazy(
        "WITH gone AS (DELETE FROM holdfast.outbox_published WHERE (seq, published_at) IN (SELECT seq, published_at FROM holdfast.outbox_published"
        " WHERE published_at < " HOLDFAST_NOW("$1") " - $2::bigint * interval '1 millisecond' ORDER BY published_at LIMIT $3)"
        " RETURNING 1) SELECT count(*) FROM gone",
        access_.now(), published.count(), limit);
  });
  return Fields(deleted.at(0)).small() == limit;
}

}  // namespace holdfast::store
