// What an operator does to the outbox: each act on each row once, however often it is asked for.
#include "store/sqlite/admin.hpp"

#include "store/sqlite/deferred_row.hpp"

namespace holdfast::store {

using namespace ports;

/// act says whether the row was there to be acted on. A row whose act is on record was done by a run whose answer got lost.
template <class Act>
int SqliteAdmin::act(std::span<const RowRef> rows, const OperatorAction& action, Act act) {
  Transaction tx = access_.begin();
  int done = 0;
  for (const RowRef& row : rows) {
    const bool recorded =
        tx.query<int>("SELECT 1 FROM holdfast_operator_actions WHERE id = $1 AND event_id = $2 AND seq = $3", action.id,
                      row.id, row.seq)
            .size() == 1;
    if (!recorded && !act(tx, row)) continue;
    if (!recorded) record_action(tx, action, row.id, row.seq, access_.now());
    ++done;
  }
  tx.commit();
  return done;
}

int SqliteAdmin::retry_refused(std::span<const RowRef> rows, const OperatorAction& action) {
  return act(rows, action, [](Transaction& tx, const RowRef& row) {
    return tx.exec("UPDATE holdfast_outbox SET refused = 0 WHERE seq = $1 AND id = $2 AND refused = 1", row.seq,
                   row.id) == 1;
  });
}

int SqliteAdmin::discard_pending(std::span<const RowRef> rows, const OperatorAction& action) {
  return act(rows, action, [](Transaction& tx, const RowRef& row) {
    return tx.exec("DELETE FROM holdfast_outbox WHERE seq = $1 AND id = $2", row.seq, row.id) == 1;
  });
}

int SqliteAdmin::republish(std::span<const RowRef> rows, const std::string& destination, const OperatorAction& action) {
  return act(rows, action, [&](Transaction& tx, const RowRef& row) {
    return tx.exec(
               "INSERT INTO holdfast_outbox(id, key, type, destination, unrouted_ok, occurred_at, envelope, headers)"
               " SELECT id, key, type, nullif($3, ''), unrouted_ok, occurred_at, envelope, headers"
               " FROM holdfast_outbox_published WHERE seq = $1 AND id = $2",
               row.seq, row.id, destination) == 1;
  });
}

}  // namespace holdfast::store
