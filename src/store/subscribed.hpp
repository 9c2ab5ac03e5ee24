// Rows of the consumers table, one an instance and the newest last: what each queue was asked for.
#pragma once
#include <sstream>

#include "holdfast/transaction.hpp"
#include "ports/admin_store.hpp"

namespace holdfast::store {

inline std::vector<ports::Subscribed> subscribed(const Rows<std::string, std::string, std::string, std::string>& rows) {
  std::vector<ports::Subscribed> all;
  for (const auto& [consumer, queue, patterns, ordering] : rows) {
    if (all.empty() || all.back().consumer != consumer || all.back().queue != queue) all.emplace_back();
    std::istringstream words(patterns);
    all.back() = {consumer, queue, {}, ordering == "by_key"};
    for (std::string word; words >> word;) all.back().patterns.push_back(word);
  }
  return all;
}

}  // namespace holdfast::store
