#include "store/sqlite/waiting.hpp"

#include "store/sqlite/admin.hpp"

namespace holdfast::store {

using namespace ports;

Waiting SqliteAdmin::waiting() {
  Transaction tx = access_.begin_read();
  Waiting out;
  std::optional<std::int64_t> oldest;
  std::tie(out.pending, oldest) = tx.query<std::int64_t, std::optional<std::int64_t>>(outbox_waiting_sql).one();
  if (oldest) out.oldest_pending = from_micros(*oldest);
  for (const auto& [consumer, retrying, retry, blocked, dead] :
       tx.query<std::string, std::int64_t, std::int64_t, std::int64_t, std::int64_t>(consumers_waiting_sql))
    out.consumers.push_back({consumer, retrying, retry, blocked, dead});
  return out;
}

}  // namespace holdfast::store
