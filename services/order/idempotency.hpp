// The same request sent again is the same order: what was answered under an Idempotency-Key, kept for a week.
#pragma once
#include <holdfast/store.hpp>
#include <optional>
#include <string>

namespace shop::order {

/// The order that was placed under this key; Problem (422) where it was with another body.
std::optional<std::int64_t> answered_before(holdfast::Transaction& tx, const std::string& key, const std::string& body);

/// In the transaction that places the order. Transient where the same key comes twice at once: run again, it reads the answer.
void remember_answer(holdfast::Transaction& tx, const std::string& key, const std::string& body, std::int64_t order);

}  // namespace shop::order
