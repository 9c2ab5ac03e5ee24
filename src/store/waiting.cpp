#include "store/waiting.hpp"

#include <algorithm>
#include <map>

#include "sql/windows.hpp"
#include "store/time.hpp"
#include "store/words.hpp"

namespace holdfast::store {

using namespace ports;
using detail::Windows;

namespace {

using MaybeMicros = std::optional<std::int64_t>;

std::optional<Timestamp> time_of(MaybeMicros micros) {
  return micros ? std::optional(from_micros(*micros)) : std::nullopt;
}

void count_outbox(TransactionRef tx, const WaitingSql& sql, Waiting& out) {
  const auto [first, refused, oldest, last, last_of_all] =
      tx.query<std::int64_t, std::int64_t, MaybeMicros, MaybeMicros, MaybeMicros>(sql.outbox_first,
                                                                                  Waiting::counted + 1)
          .one();
  out.pending = first, out.refused = refused, out.oldest_pending = time_of(oldest);
  if (first <= Waiting::counted) return;
  const Windows w(*last, *last_of_all);
  if (w.span > 0)
    out.pending += w.whole(tx.query<std::int64_t>(sql.outbox_windows, w.low, w.span, w.count, w.width).one());
}

using States = std::map<std::pair<std::string, std::string>, std::int64_t>;  // consumer, state

States estimate_deferred(TransactionRef tx, const WaitingSql& sql) {
  States states;
  std::int64_t last = 0;
  for (const auto& [consumer, state, n, position] :
       tx.query<std::string, std::string, std::int64_t, std::int64_t>(sql.deferred_first, Waiting::counted + 1))
    states[{consumer, state}] = n, last = std::max(last, position);
  const Windows w(last, tx.query<MaybeMicros>(sql.deferred_last).one().value_or(last));
  if (w.span <= 0) return states;
  for (const auto& [consumer, state, n] :
       tx.query<std::string, std::string, std::int64_t>(sql.deferred_windows, w.low, w.span, w.count, w.width))
    states[{consumer, state}] += w.whole(n);
  return states;
}

void count_consumers(TransactionRef tx, const WaitingSql& sql, Waiting& out) {
  for (const auto& [consumer, retrying, retry, blocked, dead] :
       tx.query<std::string, std::int64_t, std::int64_t, std::int64_t, std::int64_t>(sql.consumers,
                                                                                     Waiting::counted + 1))
    out.consumers.push_back({consumer, retrying, retry, blocked, dead, 0, {}});
  const auto is_beyond = [](std::int64_t n) { return n > Waiting::counted; };
  const bool any = std::ranges::any_of(
      out.consumers, [&](const auto& c) { return is_beyond(c.retry) || is_beyond(c.blocked) || is_beyond(c.dead); });
  if (!any) return;
  auto states = estimate_deferred(tx, sql);
  for (auto& c : out.consumers)
    for (const auto& [n, wait] : {std::pair{&c.retry, Deferred::Wait::retry},
                                  {&c.blocked, Deferred::Wait::blocked},
                                  {&c.dead, Deferred::Wait::dead}})
      if (is_beyond(*n)) *n = std::max(*n, states[{c.consumer, std::string(word(wait))}]);
}

}  // namespace

Waiting waiting(TransactionRef tx, const WaitingSql& sql) {
  Waiting out;
  count_outbox(tx, sql, out);
  count_consumers(tx, sql, out);
  for (auto& c : out.consumers) {
    const auto [keys, since] =
        tx.query<std::int64_t, MaybeMicros>(sql.blocked_keys, c.consumer, Waiting::counted_keys).one();
    c.blocked_keys = keys, c.blocked_since = time_of(since);
  }
  out.oldest_published = time_of(tx.query<MaybeMicros>(sql.published).one());
  return out;
}

}  // namespace holdfast::store
