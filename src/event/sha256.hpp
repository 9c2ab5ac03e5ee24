// SHA-256 of texts put one after the other.
#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace holdfast::event {

using Digest = std::array<std::uint8_t, 32>;
Digest sha256(std::initializer_list<std::string_view> parts);

/// Eight bytes, highest first: before a part it keeps ("ab", "c") apart from ("a", "bc").
std::string big_endian(std::uint64_t value);

}  // namespace holdfast::event
