// The unit of order is the key, and everybody computes the same hash of it: C++, SQL, other languages.
#pragma once
#include <cstdint>
#include <string_view>

namespace holdfast::event {

std::uint64_t key_hash(std::string_view key);  ///< the first 8 bytes of SHA-256, highest first

inline int shard(std::uint64_t hash) { return static_cast<int>(hash >> 58); }  ///< 0 to 63

}  // namespace holdfast::event
