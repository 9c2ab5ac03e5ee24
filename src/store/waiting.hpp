// What waits, as both stores ask for it: (pending, micros of the oldest) and (consumer, retrying, retry, blocked, dead) of each.
#pragma once
#include "holdfast/transaction.hpp"
#include "ports/admin_store.hpp"
#include "store/time.hpp"

namespace holdfast::store {

inline ports::Waiting waiting(Transaction& tx, const char* outbox_sql, const char* consumers_sql) {
  ports::Waiting out;
  const auto [pending, oldest] = tx.query<std::int64_t, std::optional<std::int64_t>>(outbox_sql).one();
  out.pending = pending;
  if (oldest) out.oldest_pending = from_micros(*oldest);
  for (const auto& [consumer, retrying, retry, blocked, dead] :
       tx.query<std::string, std::int64_t, std::int64_t, std::int64_t, std::int64_t>(consumers_sql))
    out.consumers.push_back({consumer, retrying, retry, blocked, dead});
  return out;
}

}  // namespace holdfast::store
