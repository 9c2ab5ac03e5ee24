#include "order/idempotency.hpp"

#include <holdfast/errors.hpp>
#include <holdfast/http.hpp>

namespace shop::order {
namespace {

// Each answer takes a few old ones away: the table stays as large as a week, and nobody waits for a clean-up.
constexpr const char* forget_on_sqlite =
    "DELETE FROM idempotency_keys WHERE idempotency_key IN (SELECT idempotency_key FROM idempotency_keys"
    " WHERE answered_at < datetime('now', '-7 days') ORDER BY answered_at LIMIT 4)";
constexpr const char* forget_on_postgres =
    "DELETE FROM idempotency_keys WHERE idempotency_key IN (SELECT idempotency_key FROM idempotency_keys"
    " WHERE answered_at < now() - interval '7 days' ORDER BY answered_at LIMIT 4 FOR UPDATE SKIP LOCKED)";

}  // namespace

std::optional<std::int64_t> answered_before(holdfast::Transaction& tx, const std::string& key,
                                            const std::string& body) {
  const auto before =
      tx.query<std::string, std::int64_t>("SELECT body, order_id FROM idempotency_keys WHERE idempotency_key = $1", key)
          .one_or_none();
  if (!before) return {};
  if (std::get<0>(*before) != body)
    throw holdfast::http::Problem(422, "this Idempotency-Key was used with another body; nothing was placed",
                                  "Idempotency-Key");
  return std::get<1>(*before);
}

void remember_answer(holdfast::Transaction& tx, const std::string& key, const std::string& body, std::int64_t order) {
  if (tx.exec(
          "INSERT INTO idempotency_keys(idempotency_key, body, order_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
          key, body, order) == 0)
    throw holdfast::Transient(
        "the same Idempotency-Key came twice at once: the second one reads the first one's answer");
  tx.exec(tx.dialect() == holdfast::Dialect::sqlite ? forget_on_sqlite : forget_on_postgres);
}

}  // namespace shop::order
