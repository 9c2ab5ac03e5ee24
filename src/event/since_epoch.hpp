// Times from outside (a table that others write, a bus file): the nearest that a Timestamp can hold, which is 1677 to 2262.
#pragma once
#include <algorithm>
#include <chrono>

#include "holdfast/event.hpp"

namespace holdfast {

template <class Span>
Timestamp since_epoch(Span span) {
  constexpr Span least = std::chrono::ceil<Span>(Timestamp::min().time_since_epoch()),
                 most = std::chrono::floor<Span>(Timestamp::max().time_since_epoch());
  return Timestamp(std::clamp(span, least, most));
}

}  // namespace holdfast
