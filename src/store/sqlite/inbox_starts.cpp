// The crash guard's account. Whether another event was handled in between is told by the last settled_at of those having
// grown, whatever the clock does. What is dead as invalid, waits behind another one or was replayed met no handler.
#include <algorithm>

#include "store/sqlite/inbox.hpp"

namespace holdfast::store {
namespace {

using namespace ports;

struct Account {
  Starts starts;
  std::int64_t settled_at = 0;
};

/// What all instances began. The last start of another one that may live is no unfinished one yet: it is not counted.
std::optional<Account> account(TransactionRef tx, const std::string& consumer, const EventId& id,
                               const std::string& me) {
  const auto rows = tx.query<std::string, bool, int, int, int, std::int64_t>(
      "SELECT instance, running, counted, alone, starts, settled_at FROM holdfast_delivery_starts"
      " WHERE consumer = $1 AND event_id = $2",
      consumer, id);
  std::optional<Account> sum;
  for (const auto& [instance, running, counted, alone, all, settled_at] : rows) {
    if (!sum) sum.emplace();
    const int uncounted = running && instance != me && counted > 0 ? 1 : 0;
    sum->starts.counted += counted - uncounted;
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

Starts SqliteInbox::start(const EventId& id, bool alone_in_queue) {
  Transaction tx = access_.begin_lazy();  // it tells of a process that died, which keeps it; a power cut counts nothing
  const auto before = account(tx, consumer_, id, instance_);
  const auto handled = last_handled(tx, consumer_);
  const bool counts = !before || before->settled_at < handled;
  tx.exec(
      "INSERT INTO holdfast_delivery_starts(consumer, event_id, instance, running, counted, alone, starts, settled_at)"
      " VALUES ($1, $2, $3, 1, $4, $5, 1, $6) ON CONFLICT DO UPDATE SET running = 1,"
      " counted = counted + excluded.counted, alone = alone + excluded.alone, starts = starts + 1,"
      " settled_at = excluded.settled_at",
      consumer_, id, instance_, counts, alone_in_queue, handled);
  tx.commit();
  return before ? before->starts : Starts{};
}

std::map<EventId, Starts> SqliteInbox::starts(const std::set<EventId>& ids) {
  Transaction tx = access_.begin_read();
  std::map<EventId, Starts> out;
  for (const auto& id : ids)
    if (const auto found = account(tx, consumer_, id, instance_)) out.emplace(id, found->starts);
  return out;
}

}  // namespace holdfast::store
