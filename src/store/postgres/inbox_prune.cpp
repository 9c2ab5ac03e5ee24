// The age rule's other half: what may be forgotten, and how far back "seen before" can still be told.
#include <algorithm>

#include "store/postgres/inbox.hpp"

namespace holdfast::store {

using namespace ports;

/// Counts from the oldest event that was handled in the last hour, so that a backlog of days is never behind the horizon; unless
/// the queue is empty, only where events were handled for half of that hour: what came back first after an outage of weeks is
/// settled by then, at every instance.
std::optional<Timestamp> PostgresInbox::prune_before(const PruneRule& rule) {
  if (!rule.queue_quiet) return {};
  auto rows = access_.run_lazy(
      "WITH time AS (SELECT " HOLDFAST_NOW("$4") " AS now, $2::bigint * interval '1 millisecond' AS window),"
      " lately AS (SELECT min(event_at) AS lowest, min(settled_at) AS first FROM holdfast.inbox, time"
      "  WHERE consumer = $1 AND state = 'handled' AND settled_at >= time.now - interval '1 hour')"
      " SELECT " HOLDFAST_MICROS("least(time.now, lately.lowest) - time.window")
      " FROM time, lately WHERE (SELECT min(settled_at) FROM holdfast.inbox WHERE consumer = $1) < time.now - time.window"
      "  AND ($3::boolean OR (lately.lowest < time.now AND lately.first <= time.now - interval '30 minutes'))",
      consumer_, rule.window.count(), rule.queue_empty, access_.now());
  return rows.empty() ? std::nullopt : std::optional(Fields(rows.at(0)).time());
}

bool PostgresInbox::prune(Millis window, Timestamp before, int limit) {
  auto pruned = access_.run_lazy(
      "WITH old AS (SELECT event_id FROM holdfast.inbox WHERE consumer = $1 AND state IN ('handled', 'discarded')"
      "   AND settled_at < " HOLDFAST_NOW("$5") " - $2::bigint * interval '1 millisecond' AND event_at < " HOLDFAST_AT("$3")
      "  ORDER BY settled_at LIMIT $4 FOR UPDATE SKIP LOCKED),"
      " gone AS (DELETE FROM holdfast.inbox AS i USING old WHERE i.consumer = $1 AND i.event_id = old.event_id RETURNING i.event_at),"
      " horizon AS (INSERT INTO holdfast.inbox_horizon AS h (consumer, pruned_before)"
      "  SELECT $1, max(event_at) FROM gone HAVING count(*) > 0 ON CONFLICT (consumer)"
      "  DO UPDATE SET pruned_before = greatest(h.pruned_before, excluded.pruned_before))"
      " SELECT count(*) FROM gone",
      consumer_, window.count(), micros(before), limit, access_.now());
  return Fields(pruned.at(0)).small() == limit;
}

}  // namespace holdfast::store
