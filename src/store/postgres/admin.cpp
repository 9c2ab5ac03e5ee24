// What an operator does to the outbox: each act on each row once, however often it is asked for.
#include "store/postgres/admin.hpp"

#include "store/postgres/deferred_row.hpp"

namespace holdfast::store {

using namespace ports;

/// act says whether the row was there to be acted on. A row whose act is on record was done by a run whose answer got lost.
template <class Act>
int PostgresAdmin::act(std::span<const RowRef> rows, const OperatorAction& action, Act act) {
  Transaction tx = access_.begin();
  int done = 0;
  for (const RowRef& row : rows) {
    const bool recorded =
        tx.query<int>("SELECT 1 FROM holdfast.operator_actions WHERE id = $1 AND event_id = $2 AND seq = $3", action.id,
                      row.id, row.seq)
            .size() == 1;
    if (!recorded && !act(tx, row)) continue;
    if (!recorded) record_postgres_action(tx, action, row.id, row.seq, access_.now());
    ++done;
  }
  tx.commit();
  return done;
}

int PostgresAdmin::retry_refused(std::span<const RowRef> rows, const OperatorAction& action) {
  return act(rows, action, [](Transaction& tx, const RowRef& row) {
    return tx.exec("UPDATE holdfast.outbox SET refused = false WHERE seq = $1 AND id = $2 AND refused", row.seq,
                   row.id) == 1;
  });
}

int PostgresAdmin::discard_pending(std::span<const RowRef> rows, const OperatorAction& action) {
  return act(rows, action, [](Transaction& tx, const RowRef& row) {
    return tx.exec("DELETE FROM holdfast.outbox WHERE seq = $1 AND id = $2", row.seq, row.id) == 1;
  });
}

// By holdfast.append, which locks the key first: what is sent again takes its place among what is sent just now.
int PostgresAdmin::republish(std::span<const RowRef> rows, const std::string& destination,
                             const OperatorAction& action) {
  return act(rows, action, [&](Transaction& tx, const RowRef& row) {
    return tx.query<std::optional<std::string>>(
               "SELECT holdfast.append(ARRAY[id], ARRAY[key], ARRAY[type], ARRAY[nullif($3, '')], ARRAY[unrouted_ok],"
               " ARRAY[" HOLDFAST_MICROS("occurred_at") "], ARRAY[envelope], ARRAY[headers])::text"
               " FROM (SELECT * FROM holdfast.outbox_published WHERE seq = $1 AND id = $2 ORDER BY published_at DESC LIMIT 1) AS p",
               row.seq, row.id, destination)
               .size() == 1;
  });
}

}  // namespace holdfast::store
