#include "store/sqlite/waiting.hpp"

#include "store/sqlite/admin.hpp"

namespace holdfast::store {

using namespace ports;

Waiting SqliteAdmin::waiting() {
  Transaction tx = access_.begin_read();
  Waiting out = store::waiting(tx, sqlite_waiting_sql);
  std::tie(out.lease_owner, out.lease_left) = lease(tx);
  return out;
}

Lately SqliteAdmin::lately(Millis span) {
  Transaction tx = access_.begin_read();
  const auto since = access_.now() - std::chrono::microseconds(span).count();
  const auto published = tx.query<std::int64_t>(
      "SELECT count(*) FROM (SELECT 1 FROM holdfast_outbox_published WHERE published_at > $1 LIMIT $2)", since,
      Lately::counted);
  return store::lately(
      published.one(),
      tx.query<std::string, std::int64_t>(
          "SELECT consumer, (SELECT count(*) FROM (SELECT 1 FROM holdfast_inbox AS i INDEXED BY holdfast_inbox_settled"
          "  WHERE i.consumer = c.consumer AND i.settled_at > $1 LIMIT $2))"
          " FROM (SELECT DISTINCT consumer FROM holdfast_consumers) AS c ORDER BY consumer",
          since, Lately::counted));
}

}  // namespace holdfast::store
