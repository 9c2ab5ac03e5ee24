// Waits that double from a first to a longest one.
#pragma once
#include <algorithm>

#include "ports/values.hpp"

namespace holdfast::inbox {

struct Backoff {
  ports::Millis first, longest;
  /// After so many failures in a row.
  ports::Millis after(int failures) const {
    if (failures <= 0) return ports::Millis(0);
    return std::min(longest, ports::Millis(first * (1LL << std::min(failures - 1, 20))));
  }
};

}  // namespace holdfast::inbox
