// What waits, for the gauges. Each state is counted by its own index, which has nothing else in it; the planner is not let near a
// scan of the table, which it would take where its statistics are of yesterday. Nor is anything compiled: the price that is put on
// a forbidden scan looks like a question worth it, and that took ten times as long as the question.
#include "store/waiting.hpp"

#include "store/postgres/admin.hpp"

namespace holdfast::store {

using namespace ports;

namespace {

constexpr WaitingSql sql{
    .outbox_first =
        "SELECT count(*), count(*) FILTER (WHERE refused), " HOLDFAST_MICROS(
            "min(occurred_at)") ", max(seq),"
                                " (SELECT max(seq) FROM holdfast.outbox)"
                                " FROM (SELECT seq, occurred_at, refused FROM holdfast.outbox ORDER BY seq LIMIT $1) AS f",
    .outbox_windows = "SELECT count(*) FROM generate_series(0, $3::bigint - 1) AS i, LATERAL (SELECT FROM holdfast.outbox"
                      " WHERE seq > $1::bigint + i * $2::bigint / $3 AND seq <= $1 + i * $2 / $3 + $4::bigint) AS w",
    .consumers =
        "SELECT consumer,"
        " (SELECT count(*) FROM (SELECT FROM holdfast.inbox AS i"
        "   WHERE i.consumer = c.consumer AND i.state = 'retrying' LIMIT $1) AS n),"
        " (SELECT count(*) FROM (SELECT FROM holdfast.deferred AS d"
        "   WHERE d.consumer = c.consumer AND d.state = 'retry' LIMIT $1) AS n),"
        " (SELECT count(*) FROM (SELECT FROM holdfast.deferred AS d"
        "   WHERE d.consumer = c.consumer AND d.state = 'blocked' LIMIT $1) AS n),"
        " (SELECT count(*) FROM (SELECT FROM holdfast.deferred AS d"
        "   WHERE d.consumer = c.consumer AND d.state = 'dead' LIMIT $1) AS n)"
        " FROM (SELECT DISTINCT consumer FROM holdfast.consumers) AS c ORDER BY consumer",
    .blocked_keys =  // from key to key by the index: what waits behind a head is not read
    "WITH RECURSIVE heads(hash, position, n) AS ("
    " (SELECT sha256(key), position, 1::bigint FROM holdfast.deferred WHERE consumer = $1 AND blocks_key"
    "   ORDER BY sha256(key), position LIMIT 1)"
    " UNION ALL SELECT next.* FROM heads, LATERAL (SELECT sha256(d.key), d.position, heads.n + 1 FROM holdfast.deferred AS d"
    "   WHERE d.consumer = $1 AND d.blocks_key AND sha256(d.key) > heads.hash ORDER BY sha256(d.key), d.position LIMIT 1)"
    "   AS next WHERE heads.n < $2)"
    " SELECT count(*), " HOLDFAST_MICROS("min(d.first_failed_at)") " FROM heads JOIN holdfast.deferred AS d USING (position)",
    .deferred_first = "SELECT consumer, state, count(*), max(position)"
                      " FROM (SELECT consumer, state, position FROM holdfast.deferred ORDER BY position LIMIT $1) AS f"
                      " GROUP BY consumer, state",
    .deferred_last = "SELECT max(position) FROM holdfast.deferred",
    .deferred_windows =
        "SELECT w.consumer, w.state, count(*) FROM generate_series(0, $3::bigint - 1) AS i, LATERAL ("
        "SELECT consumer, state FROM holdfast.deferred WHERE position > $1::bigint + i * $2::bigint / $3"
        " AND position <= $1 + i * $2 / $3 + $4::bigint) AS w GROUP BY w.consumer, w.state",
    .published = "SELECT " HOLDFAST_MICROS("min(published_at)") " FROM holdfast.outbox_published",
};

/// Who keeps dead rows from being vacuumed: an open snapshot, a prepared transaction, a replication slot.
constexpr const char* xmin_sql =
    "SELECT greatest("
    " (SELECT max(age(backend_xmin)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
    "pg_backend_pid()),"
    " (SELECT max(age(transaction)) FROM pg_prepared_xacts WHERE database = current_database()),"
    " (SELECT max(greatest(age(xmin), age(catalog_xmin))) FROM pg_replication_slots), 0)::bigint";

void by_index(TransactionRef tx) {
  for (const auto* plan :
       {"SET LOCAL enable_seqscan = off", "SET LOCAL enable_bitmapscan = off", "SET LOCAL jit = off"})
    tx.exec(plan);
}

}  // namespace

Waiting PostgresAdmin::waiting() {
  Transaction tx = access_.begin_read();
  by_index(tx);
  Waiting out = store::waiting(tx, sql);
  std::tie(out.lease_owner, out.lease_left) = lease(tx);
  out.oldest_xmin = tx.query<std::int64_t>(xmin_sql).one();
  return out;
}

Lately PostgresAdmin::lately(Millis span) {
  Transaction tx = access_.begin_read();
  by_index(tx);
  const auto published = tx.query<std::int64_t>(
      "SELECT count(*) FROM (SELECT FROM holdfast.outbox_published"
      " WHERE published_at > " HOLDFAST_NOW("$3") " - $1::bigint * interval '1 millisecond' LIMIT $2) AS n",
      span.count(), Lately::counted, access_.now());
  return store::lately(
      published.one(),
      tx.query<std::string, std::int64_t>(
          "SELECT consumer, (SELECT count(*) FROM (SELECT FROM holdfast.inbox AS i WHERE i.consumer = c.consumer"
          "  AND i.settled_at > " HOLDFAST_NOW(
              "$3") " - $1::bigint * interval '1 millisecond' LIMIT $2) AS n)"
                    " FROM (SELECT DISTINCT consumer FROM holdfast.consumers) AS c ORDER BY consumer",
          span.count(), Lately::counted, access_.now()));
}

}  // namespace holdfast::store
