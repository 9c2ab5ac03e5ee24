// The crash guard's account. Whether another event was handled in between is told by the last settled_at of those having
// grown, whatever the clock does. What is dead as invalid, waits behind another one or was replayed met no handler.
#include <algorithm>

#include "store/sqlite/inbox.hpp"

namespace holdfast::store {
namespace {

using namespace ports;

constexpr int there = 1, was_counted = 2, was_alone = 4;  // of the last start

struct Account {
  Starts starts;
  std::int64_t settled_at = 0;
};

/// What all instances began. The last start of another one that may live is no unfinished one yet: it is not counted.
std::optional<Account> account(TransactionRef tx, const std::string& consumer, const EventId& id,
                               const std::string& me) {
  const auto rows = tx.query<std::string, int, int, int, int, std::int64_t>(
      "SELECT instance, last, counted, alone, starts, settled_at FROM holdfast_delivery_starts"
      " WHERE consumer = $1 AND event_id = $2",
      consumer, id);
  std::optional<Account> sum;
  for (const auto& [instance, last, counted, alone, all, settled_at] : rows) {
    if (!sum) sum.emplace();
    const bool may_live = (last & was_counted) && instance != me;
    sum->starts.counted += counted - may_live;
    sum->starts.alone += alone;
    sum->starts.all += all;
    sum->settled_at = std::max(sum->settled_at, settled_at);
  }
  return sum;
}

std::int64_t last_handled(TransactionRef tx, const std::string& consumer) {
  return tx
      .query<std::int64_t>(
          "SELECT settled_at FROM holdfast_inbox WHERE consumer = $1 AND state = 'handled'"
          " ORDER BY settled_at DESC LIMIT 1",
          consumer)
      .one_or_none()
      .value_or(0);
}

}  // namespace

Starts SqliteInbox::start(const EventId& id, bool alone_in_queue, std::int64_t number) {
  Transaction tx = access_.begin_lazy();  // it tells of a process that died, which keeps it; a power cut counts nothing
  const auto before = account(tx, consumer_, id, instance_);
  const auto handled = last_handled(tx, consumer_);
  const bool counts = !before || before->settled_at < handled;
  tx.exec(
      "INSERT INTO holdfast_delivery_starts(consumer, event_id, instance, last, number, counted, alone, starts, "
      "settled_at)"
      " VALUES ($1, $2, $3, $7, $8, $4, $5, 1, $6) ON CONFLICT DO UPDATE SET last = excluded.last,"
      " number = excluded.number, counted = counted + excluded.counted, alone = alone + excluded.alone, starts = "
      "starts + 1,"
      " settled_at = excluded.settled_at",
      consumer_, id, instance_, counts, alone_in_queue, handled,
      there + (counts ? was_counted : 0) + (alone_in_queue ? was_alone : 0), number);
  tx.commit();
  return before ? before->starts : Starts{};
}

/// id: "": all of this instance.
void SqliteInbox::take_back(TransactionRef tx, const std::string& id, std::int64_t number) const {
  tx.exec(
      "UPDATE holdfast_delivery_starts SET starts = starts - 1, counted = counted - (last & 2 <> 0),"
      " alone = alone - (last & 4 <> 0), last = 0 WHERE consumer = $1 AND instance = $2 AND last <> 0"
      " AND ($3 = '' OR (event_id = $3 AND number = $4))",
      consumer_, instance_, id, number);
  tx.exec(
      "DELETE FROM holdfast_delivery_starts WHERE consumer = $1 AND instance = $2 AND (event_id = $3 OR $3 = '')"
      " AND starts = 0",
      consumer_, instance_, id);
}

void SqliteInbox::take_back(std::span<const StartRef> starts) {
  Transaction tx = access_.begin_lazy();
  for (const auto& [id, number] : starts) take_back(tx, id.to_string(), number);
  tx.commit();
}

std::map<EventId, Starts> SqliteInbox::starts(const std::set<EventId>& ids) {
  Transaction tx = access_.begin_read();
  std::map<EventId, Starts> out;
  for (const auto& id : ids)
    if (const auto found = account(tx, consumer_, id, instance_)) out.emplace(id, found->starts);
  return out;
}

}  // namespace holdfast::store
