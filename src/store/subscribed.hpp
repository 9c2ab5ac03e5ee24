// Rows of the consumers table, one an instance and of a consumer the newest last: what each of its queues was asked for.
#pragma once
#include <fmt/ranges.h>

#include <sstream>

#include "holdfast/transaction.hpp"
#include "ports/admin_store.hpp"

namespace holdfast::store {

inline std::string stored(const std::vector<std::string>& patterns) {
  return fmt::format("{}", fmt::join(patterns, " "));
}

inline std::string stored(const std::vector<ports::Millis>& delays) {
  std::string words;
  for (const auto delay : delays) words += (words.empty() ? "" : " ") + std::to_string(delay.count());
  return words;
}

inline std::vector<ports::Subscribed> subscribed(
    const Rows<std::string, std::string, std::string, std::string, std::string>& rows) {
  std::vector<ports::Subscribed> all;
  for (const auto& [consumer, queue, patterns, ordering, delays] : rows) {
    std::erase_if(all, [&](const auto& before) { return before.consumer == consumer && before.queue == queue; });
    auto& last = all.emplace_back(ports::Subscribed{consumer, queue, {}, ordering == "by_key"});
    std::istringstream words(patterns), numbers(delays);
    for (std::string word; words >> word;) last.patterns.push_back(word);
    for (ports::Millis::rep ms = 0; numbers >> ms;) last.delays.emplace_back(ms);
  }
  return all;
}

}  // namespace holdfast::store
