// The crash guard's account. Whether another event was settled in between is told by the last settled_at having changed; it
// never goes back, whatever the clock does.
#include "store/sqlite/inbox.hpp"

namespace holdfast::store {
namespace {

using namespace ports;

struct Account {
  Starts starts;
  std::int64_t settled_at = 0;
};

std::optional<Account> account(TransactionRef tx, const std::string& consumer, const EventId& id) {
  const auto row = tx.query<int, int, int, std::int64_t>(
                         "SELECT counted, alone, starts, settled_at FROM holdfast_delivery_starts"
                         " WHERE consumer = $1 AND event_id = $2",
                         consumer, id)
                       .one_or_none();
  if (!row) return {};
  const auto& [counted, alone, all, settled_at] = *row;
  return Account{{counted, alone, all}, settled_at};
}

std::int64_t last_settled(TransactionRef tx, const std::string& consumer) {
  return tx
      .query<std::int64_t>("SELECT settled_at FROM holdfast_inbox WHERE consumer = $1 ORDER BY settled_at DESC LIMIT 1",
                           consumer)
      .one_or_none()
      .value_or(0);
}

}  // namespace

Starts SqliteInbox::start(const EventId& id, bool alone_in_queue) {
  Transaction tx = access_.begin_lazy();  // it tells of a process that died, which keeps it; a power cut counts nothing
  const auto before = account(tx, consumer_, id);
  const auto settled = last_settled(tx, consumer_);
  Starts now = before ? before->starts : Starts{};
  if (!before || before->settled_at != settled) ++now.counted;
  if (alone_in_queue) ++now.alone;
  ++now.all;
  tx.exec(
      "INSERT INTO holdfast_delivery_starts(consumer, event_id, counted, alone, starts, settled_at)"
      " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO UPDATE SET counted = excluded.counted, alone = excluded.alone,"
      " starts = excluded.starts, settled_at = excluded.settled_at",
      consumer_, id, now.counted, now.alone, now.all, settled);
  tx.commit();
  return before ? before->starts : Starts{};
}

std::map<EventId, Starts> SqliteInbox::starts(const std::set<EventId>& ids) {
  Transaction tx = access_.begin_read();
  std::map<EventId, Starts> out;
  for (const auto& id : ids)
    if (const auto found = account(tx, consumer_, id)) out.emplace(id, found->starts);
  return out;
}

}  // namespace holdfast::store
