// "5s", "14d", "1MiB": how durations and sizes are written in configuration. Throws Invalid, with an example.
#pragma once
#include <chrono>
#include <cstdint>
#include <string_view>

namespace holdfast::service {

std::chrono::milliseconds parse_duration(std::string_view text);  // ms, s, m, h, d
std::int64_t parse_size(std::string_view text);                   // B, KiB, MiB, GiB; no unit: bytes
std::int64_t parse_integer(std::string_view text);
double parse_sample(std::string_view text);  // parent (= 1), or a share: 0 to 1
bool parse_boolean(std::string_view text);  // true, false

}  // namespace holdfast::service
