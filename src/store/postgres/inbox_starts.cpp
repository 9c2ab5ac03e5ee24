// The crash guard's account. Whether another event was settled in between is told by the last settled_at having changed; it
// never goes back, whatever the clock does.
#include "store/postgres/inbox.hpp"

namespace holdfast::store {
namespace {

using namespace ports;

Starts starts_of(Fields& fields) {
  Starts out;
  out.counted = fields.small(), out.alone = fields.small(), out.all = fields.small();
  return out;
}

constexpr const char* start_sql =
    "WITH last AS (SELECT coalesce(max(settled_at), 'epoch') AS at FROM holdfast.inbox WHERE consumer = $1),"
    " before AS (SELECT counted, alone, starts FROM holdfast.delivery_starts WHERE consumer = $1 AND event_id = $2),"
    " written AS (INSERT INTO holdfast.delivery_starts AS s (consumer, event_id, counted, alone, starts, settled_at)"
    "  SELECT $1, $2, 1, $3::integer, 1, last.at FROM last ON CONFLICT (consumer, event_id) DO UPDATE SET"
    "  counted = s.counted + (s.settled_at <> excluded.settled_at)::integer, alone = s.alone + excluded.alone,"
    "  starts = s.starts + 1, settled_at = excluded.settled_at)"
    " SELECT counted, alone, starts FROM before";

}  // namespace

Starts PostgresInbox::start(const EventId& id, bool alone_in_queue) {
  // Lazy: it tells of a process that died, which keeps it; a power cut counts nothing.
  auto before = access_.run_lazy(start_sql, consumer_, id, alone_in_queue);
  if (before.empty()) return {};
  Fields fields(before.front());
  return starts_of(fields);
}

std::map<EventId, Starts> PostgresInbox::starts(const std::set<EventId>& ids) {
  auto rows = access_.run_lazy(
      "SELECT event_id, counted, alone, starts FROM holdfast.delivery_starts WHERE consumer = $1 AND event_id = ANY "
      "($2::uuid[])",
      consumer_, std::vector<EventId>(ids.begin(), ids.end()));
  std::map<EventId, Starts> out;
  for (auto& row : rows) {
    Fields fields(row);
    const EventId id = fields.id();
    out.emplace(id, starts_of(fields));
  }
  return out;
}

}  // namespace holdfast::store
