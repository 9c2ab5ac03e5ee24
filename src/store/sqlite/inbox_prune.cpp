// The age rule's other half: what may be forgotten, and how far back "seen before" can still be told.
#include <algorithm>

#include "store/sqlite/inbox.hpp"

namespace holdfast::store {

using namespace ports;

namespace {

/// Longer than handlers and outages of minutes: what came back first after one of weeks is settled by then, at every instance.
constexpr std::chrono::minutes a_while(30);

}  // namespace

/// Counts from the oldest event that was handled in the last hour, so that a backlog of days is never behind the horizon.
/// Read apart: it may look at an hour's rows, and nobody is to wait for that.
std::optional<Timestamp> SqliteInbox::prune_before(const PruneRule& rule) {
  if (!rule.queue_quiet) return {};
  Transaction tx = access_.begin_read();
  const auto now = access_.now();
  const auto oldest = tx.query<std::int64_t>(
      "SELECT settled_at FROM holdfast_inbox WHERE consumer = $1 ORDER BY settled_at LIMIT 1", consumer_);
  if (oldest.empty() || oldest.one() >= now - micros(rule.window)) return {};
  const auto lately = tx.query<std::optional<std::int64_t>, std::optional<std::int64_t>>(
      "SELECT min(event_at), min(settled_at) FROM holdfast_inbox"
      " WHERE consumer = $1 AND state = 'handled' AND settled_at >= $2",
      consumer_, now - micros(std::chrono::hours(1)));
  const auto [lowest, first] = lately.one();
  const auto horizon = std::min(now, lowest.value_or(now));
  const bool tells = lowest && horizon < now && *first <= now - micros(a_while);
  if (!tells && !rule.queue_empty) return {};
  return from_micros(horizon - micros(rule.window));
}

bool SqliteInbox::prune(Millis window, Timestamp before, int limit) {
  Transaction tx = access_.begin_lazy();
  const auto pruned = tx.query<std::int64_t>(
      "DELETE FROM holdfast_inbox WHERE consumer = $1 AND event_id IN (SELECT event_id FROM holdfast_inbox"
      "  WHERE consumer = $1 AND state IN ('handled', 'discarded') AND settled_at < $2 AND event_at < $3 ORDER BY "
      "settled_at LIMIT $4)"
      " RETURNING event_at",
      consumer_, access_.now() - micros(window), micros(before), limit);
  if (pruned.empty()) return false;
  tx.exec(
      "INSERT INTO holdfast_inbox_horizon(consumer, pruned_before) VALUES ($1, $2)"
      " ON CONFLICT(consumer) DO UPDATE SET pruned_before = max(pruned_before, excluded.pruned_before)",
      consumer_, *std::max_element(pruned.begin(), pruned.end()));
  tx.commit();
  return static_cast<int>(pruned.size()) == limit;
}

}  // namespace holdfast::store
