// How many rows there are, by looking at few: rows are numbered as they come, so the share of numbers that are there in 500 narrow
// windows, spread evenly, tells how many there are in all.
#pragma once
#include <cmath>
#include <cstdint>

namespace holdfast::detail {

/// Numbers after `low`, up to `high`, looked at here and there; all of them where they are few. Window n of `count` begins after
/// low + n * span / count, and has `width` numbers.
struct Windows {
  static constexpr std::int64_t most = 500, widest = 20;
  std::int64_t low, span, count, width;
  Windows(std::int64_t low_, std::int64_t high)
      : low(low_), span(high - low_), count(span > most * widest ? most : 1), width(count == 1 ? span : widest) {}
  /// found: rows there are in all windows.
  std::int64_t whole(std::int64_t found) const {
    return std::llround(static_cast<double>(found) * static_cast<double>(span) / static_cast<double>(count * width));
  }
};

}  // namespace holdfast::detail
