// Times in columns: microseconds since 1970, UTC.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

#include "event/since_epoch.hpp"

namespace holdfast::store {

inline std::int64_t micros(Timestamp time) {
  return std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
}
inline std::int64_t micros(std::chrono::microseconds span) { return span.count(); }
inline std::optional<std::int64_t> micros(std::optional<Timestamp> time) {
  return time ? std::optional(micros(*time)) : std::nullopt;
}
inline Timestamp from_micros(std::int64_t value) { return since_epoch(std::chrono::microseconds(value)); }

}  // namespace holdfast::store
