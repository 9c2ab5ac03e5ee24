#include "store/postgres/inbox.hpp"

#include "store/instance_name.hpp"
#include "store/postgres/inbox_tx.hpp"
#include "store/subscribed.hpp"

namespace holdfast::store {
namespace {

using namespace ports;

// The lowest row that blocks the key of d.
#define HOLDFAST_HEAD_OF(key)                                                                     \
  "(SELECT h.position FROM holdfast.deferred AS h WHERE h.consumer = $1 AND sha256(h.key) = " key \
  " AND h.blocks_key"                                                                             \
  " ORDER BY h.position LIMIT 1)"

// Blocked heads: the keys that have a blocked row, one index look-up each, however many rows wait; of each the lowest row that
// blocks it. Then the retries whose time has come, unless another of their key is before them.
constexpr const char* due_sql =
    "WITH RECURSIVE waiting(hash) AS ("
    "  (SELECT sha256(key) FROM holdfast.deferred WHERE consumer = $1 AND state = 'blocked' ORDER BY sha256(key) LIMIT 1)"
    "  UNION ALL"
    "  SELECT (SELECT sha256(key) FROM holdfast.deferred WHERE consumer = $1 AND state = 'blocked' AND sha256(key) > waiting.hash"
    "           ORDER BY sha256(key) LIMIT 1)"
    "    FROM waiting WHERE waiting.hash IS NOT NULL)"
    " SELECT event_id, key, type FROM ("
    "  SELECT d.event_id, d.key, d.type, d.position FROM waiting JOIN holdfast.deferred AS d ON d.position = "
    HOLDFAST_HEAD_OF("waiting.hash")
    "   WHERE d.state = 'blocked'"
    "  UNION ALL"
    "  SELECT d.event_id, d.key, d.type, d.position FROM holdfast.deferred AS d"
    "   WHERE d.consumer = $1 AND d.state = 'retry' AND d.due_at <= " HOLDFAST_NOW("$2")
    "    AND (NOT d.blocks_key OR d.position = " HOLDFAST_HEAD_OF("sha256(d.key)") ")) AS all_due"
    " ORDER BY CASE WHEN event_id = $4 THEN 0 WHEN type = $5 AND (key = '' OR key <> $6) THEN 1 ELSE 2 END, position LIMIT $3";

}  // namespace

std::unique_ptr<InboxTx> PostgresInbox::begin() {
  return std::make_unique<PostgresInboxTx>(access_, consumer_, access_.begin_for_handler());
}

std::unique_ptr<InboxTx> PostgresInbox::join(TransactionRef tx) {
  return std::make_unique<PostgresInboxTx>(access_, consumer_, tx);
}

std::vector<Due> PostgresInbox::due(const DueQuery& query) {
  const Due culprit = query.culprit.value_or(Due{});
  std::vector<Due> out;
  for (auto& row : access_.run_lazy(due_sql, consumer_, access_.now(), query.limit, culprit.id, Bytes{culprit.type},
                                    Bytes{culprit.key})) {
    Fields fields(row);
    Due& due = out.emplace_back();
    due.id = fields.id();
    due.key = fields.bytes();
    due.type = fields.bytes();
  }
  return out;
}

bool PostgresInbox::open_instance(const Instance& me) {
  Transaction tx = access_.begin();
  tx.exec("LOCK TABLE holdfast.consumers IN SHARE ROW EXCLUSIVE MODE");  // two that start at once take two names
  const auto [name, clean] = choose_name(me, [&](const std::string& candidate) {
    return tx
        .query<std::string, bool, bool>(
            "SELECT owner, until IS NOT NULL, clean_end FROM holdfast.consumers WHERE consumer = $1 AND instance = $2",
            consumer_, candidate)
        .one_or_none();
  });
  tx.exec(
      "INSERT INTO holdfast.consumers(consumer, instance, owner, queue, patterns, ordering, delays, since, started_at, clean_end)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, " HOLDFAST_NOW("$8") ", " HOLDFAST_NOW("$8") ", false)"
      " ON CONFLICT (consumer, instance) DO UPDATE SET owner = excluded.owner, queue = excluded.queue,"
      " patterns = excluded.patterns, ordering = excluded.ordering, delays = excluded.delays,"
      " started_at = excluded.started_at, until = NULL, clean_end = false",
      consumer_, name, me.owner, me.queue, stored(me.patterns), me.ordering, stored(me.delays), access_.now());
  tx.exec("UPDATE holdfast.delivery_starts SET last = 0 WHERE consumer = $1 AND instance = $2", consumer_, name);
  tx.commit();
  owner_ = me.owner, instance_ = name;
  return clean;
}

void PostgresInbox::close_instance() {
  Transaction tx = access_.begin();
  const auto ended = tx.exec("UPDATE holdfast.consumers SET until = " HOLDFAST_NOW(
                                 "$3") ", clean_end = true WHERE consumer = $1 AND instance = $2 AND owner = $4",
                             consumer_, instance_, access_.now(), owner_);
  if (ended != 1) return;  // another process took the name: what stands there is its own
  // It lived to its end: of what it began and could not finish, as the store was away, it did not die.
  tx.exec("UPDATE holdfast.delivery_starts SET " HOLDFAST_TAKEN_BACK
          " WHERE consumer = $1 AND instance = $2 AND last <> 0",
          consumer_, instance_);
  tx.exec("DELETE FROM holdfast.delivery_starts WHERE consumer = $1 AND instance = $2 AND starts = 0", consumer_,
          instance_);
  tx.commit();
}

}  // namespace holdfast::store
