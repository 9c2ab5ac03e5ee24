// A number as JSON writes it, taken apart without ever becoming a binary float.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::event {

enum class NumberFault { not_a_number, too_fine, too_large };

struct Scaled {
  std::int64_t units = 0;
  std::optional<NumberFault> fault;
};

/// text times 10^scale, when that is a whole number that fits: ("1.499e3", 2) is 149900.
Scaled scaled(std::string_view text, int scale);

}  // namespace holdfast::event
