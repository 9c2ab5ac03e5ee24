// What a broker or a database client cannot take is refused where it is published, not when it is sent.
#pragma once
#include <cstddef>
#include <string_view>

#include "holdfast/event.hpp"

namespace holdfast::event {

struct Limits {
  std::size_t type = 200;           // bytes, like all of these
  std::size_t key = 200;
  std::size_t headers = 16 * 1024;  // names and values together
  std::size_t envelope = 1024 * 1024;
};

/// Throws Invalid; where() is "type", "key", "headers" or "envelope".
void check(const Limits& limits, std::string_view type, std::string_view key, const Headers& headers,
           std::string_view envelope);

}  // namespace holdfast::event
