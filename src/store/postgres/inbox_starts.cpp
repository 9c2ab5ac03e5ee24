// The crash guard's account. Whether another event was handled in between is told by the last settled_at of those having
// grown, whatever the clock does. What is dead as invalid, waits behind another one or was replayed met no handler.
#include "store/postgres/inbox.hpp"

namespace holdfast::store {
namespace {

using namespace ports;

Starts starts_of(Fields& fields) {
  Starts out;
  out.counted = fields.small(), out.alone = fields.small(), out.all = fields.small();
  return out;
}

// What all instances began. The last start of another one ($3) that may live is no unfinished one yet: it is not counted.
#define HOLDFAST_SUM                                                                               \
  "(sum(counted) - count(*) FILTER (WHERE last & 2 <> 0 AND instance <> $3))::integer AS counted," \
  " sum(alone)::integer AS alone, sum(starts)::integer AS starts"

constexpr const char* start_sql =
    "WITH last AS (SELECT coalesce(max(settled_at), 'epoch') AS at FROM holdfast.inbox"
    "  WHERE consumer = $1 AND state = 'handled'),"
    " before AS (SELECT " HOLDFAST_SUM
    ", max(settled_at) AS at FROM holdfast.delivery_starts"
    "  WHERE consumer = $1 AND event_id = $2),"
    " this AS (SELECT coalesce(before.at < last.at, true) AS counts, last.at FROM last, before),"
    " written AS (INSERT INTO holdfast.delivery_starts AS s (consumer, event_id, instance, last, number, counted,"
    "   alone, starts, settled_at)"
    "  SELECT $1, $2, $3, 1 + 2 * counts::integer + 4 * $4::integer, $5, counts::integer, $4::integer, 1, at FROM this"
    "  ON CONFLICT (consumer, event_id, instance) DO UPDATE SET last = excluded.last, number = excluded.number,"
    "  counted = s.counted + excluded.counted, alone = s.alone + excluded.alone, starts = s.starts + 1,"
    "  settled_at = excluded.settled_at)"
    " SELECT counted, alone, starts FROM before WHERE starts IS NOT NULL";

}  // namespace

Starts PostgresInbox::start(const EventId& id, bool alone_in_queue, std::int64_t number) {
  // Lazy: it tells of a process that died, which keeps it; a power cut counts nothing.
  auto before = access_.run_lazy(start_sql, consumer_, id, instance_, alone_in_queue, number);
  if (before.empty()) return {};
  Fields fields(before.front());
  return starts_of(fields);
}

void PostgresInbox::take_back(std::span<const StartRef> starts) {
  std::vector<EventId> ids;
  std::vector<std::int64_t> numbers;
  for (const auto& [id, number] : starts) ids.push_back(id), numbers.push_back(number);
  Transaction tx = access_.begin_lazy();
  tx.exec(  // locked by id: another thread may take the same ones back
      "WITH taken AS (SELECT s.event_id FROM holdfast.delivery_starts AS s"
      "  JOIN unnest($3::uuid[], $4::bigint[]) AS t(id, number) ON s.event_id = t.id AND s.number = t.number"
      "  WHERE s.consumer = $1 AND s.instance = $2 AND s.last <> 0 ORDER BY s.event_id FOR UPDATE OF s)"
      " UPDATE holdfast.delivery_starts AS s SET " HOLDFAST_TAKEN_BACK
      " FROM taken WHERE s.consumer = $1 AND s.instance = $2 AND s.event_id = taken.event_id",
      consumer_, instance_, ids, numbers);
  tx.exec(
      "DELETE FROM holdfast.delivery_starts WHERE consumer = $1 AND instance = $2 AND event_id = ANY ($3::uuid[])"
      " AND starts = 0",
      consumer_, instance_, ids);
  tx.commit();
}

std::map<EventId, Starts> PostgresInbox::starts(const std::set<EventId>& ids) {
  auto rows = access_.run_lazy("SELECT event_id, " HOLDFAST_SUM
                               " FROM holdfast.delivery_starts WHERE consumer = $1 AND event_id = ANY ($2::uuid[])"
                               " GROUP BY event_id",
                               consumer_, std::vector<EventId>(ids.begin(), ids.end()), instance_);
  std::map<EventId, Starts> out;
  for (auto& row : rows) {
    Fields fields(row);
    const EventId id = fields.id();
    out.emplace(id, starts_of(fields));
  }
  return out;
}

}  // namespace holdfast::store
