#include "event/key_hash.hpp"

#include "event/sha256.hpp"

namespace holdfast::event {

std::uint64_t key_hash(std::string_view key) {
  const Digest digest = sha256({key});
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < 8; ++i) hash = hash << 8 | digest[i];
  return hash;
}

}  // namespace holdfast::event
