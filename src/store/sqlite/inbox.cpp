#include "store/sqlite/inbox.hpp"

#include "store/instance_name.hpp"
#include "store/sqlite/inbox_tx.hpp"
#include "store/subscribed.hpp"

namespace holdfast::store {

using namespace ports;

std::unique_ptr<InboxTx> SqliteInbox::begin() {
  return std::make_unique<SqliteInboxTx>(access_, consumer_, access_.begin());
}

std::unique_ptr<InboxTx> SqliteInbox::join(TransactionRef tx) {
  return std::make_unique<SqliteInboxTx>(access_, consumer_, tx);
}

// Blocked heads: the keys that have a blocked row, one index look-up each, however many rows wait; of each the lowest row that
// blocks it. Then the retries whose time has come, unless another of their key is before them.
std::vector<Due> SqliteInbox::due(const DueQuery& query) {
  const Due culprit = query.culprit.value_or(Due{});
  Transaction tx = access_.begin_read();
  const auto rows = tx.query<EventId, std::string, std::string>(
      "WITH RECURSIVE waiting(key) AS ("
      "  SELECT min(key) FROM holdfast_deferred WHERE consumer = $1 AND state = 'blocked'"
      "  UNION ALL"
      "  SELECT (SELECT min(key) FROM holdfast_deferred WHERE consumer = $1 AND state = 'blocked' AND key > "
      "waiting.key)"
      "    FROM waiting WHERE waiting.key IS NOT NULL)"
      " SELECT event_id, key, type FROM ("
      "  SELECT d.event_id, d.key, d.type, d.position FROM waiting JOIN holdfast_deferred d ON d.position = ("
      "    SELECT position FROM holdfast_deferred h WHERE h.consumer = $1 AND h.key = waiting.key AND h.blocks_key = 1"
      "     ORDER BY position LIMIT 1)"
      "   WHERE d.state = 'blocked'"
      "  UNION ALL"
      "  SELECT d.event_id, d.key, d.type, d.position FROM holdfast_deferred d"
      "   WHERE d.consumer = $1 AND d.state = 'retry' AND d.due_at <= $2 AND (d.blocks_key = 0 OR d.position = ("
      "    SELECT position FROM holdfast_deferred h WHERE h.consumer = $1 AND h.key = d.key AND h.blocks_key = 1"
      "     ORDER BY position LIMIT 1)))"
      " ORDER BY CASE WHEN event_id = $4 THEN 0 WHEN type = $5 AND (key = '' OR key <> $6) THEN 1 ELSE 2 END, position"
      " LIMIT $3",
      consumer_, access_.now(), query.limit, culprit.id, culprit.type, culprit.key);
  std::vector<Due> out;
  for (const auto& [id, key, type] : rows) out.push_back({id, key, type});
  return out;
}

bool SqliteInbox::open_instance(const Instance& me) {
  Transaction tx = access_.begin();
  const auto [name, clean] = choose_name(me, [&](const std::string& candidate) {
    return tx
        .query<std::string, bool, bool>(
            "SELECT owner, until IS NOT NULL, clean_end FROM holdfast_consumers WHERE consumer = $1 AND instance = $2",
            consumer_, candidate)
        .one_or_none();
  });
  tx.exec(
      "INSERT INTO holdfast_consumers(consumer, instance, owner, queue, patterns, ordering, delays, since, started_at, "
      "clean_end)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 0)"
      " ON CONFLICT(consumer, instance) DO UPDATE SET owner = excluded.owner, queue = excluded.queue,"
      " patterns = excluded.patterns, ordering = excluded.ordering, delays = excluded.delays,"
      " started_at = excluded.started_at, until = NULL, clean_end = 0",
      consumer_, name, me.owner, me.queue, stored(me.patterns), me.ordering, stored(me.delays), access_.now());
  tx.exec("UPDATE holdfast_delivery_starts SET last = 0 WHERE consumer = $1 AND instance = $2", consumer_, name);
  tx.commit();
  owner_ = me.owner, instance_ = name;
  return clean;
}

void SqliteInbox::close_instance() {
  Transaction tx = access_.begin();
  const auto ended = tx.exec(
      "UPDATE holdfast_consumers SET until = $3, clean_end = 1 WHERE consumer = $1 AND instance = $2 AND owner = $4",
      consumer_, instance_, access_.now(), owner_);
  // It lived to its end: of what it began and could not finish, as the store was away, it did not die.
  if (ended == 1) take_back(tx, "", 0);
  tx.commit();
}

}  // namespace holdfast::store
