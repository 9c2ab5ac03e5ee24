#include "event/body_hash.hpp"

#include "event/sha256.hpp"

namespace holdfast::event {

std::string body_hash(std::string_view type, std::string_view payload) {
  const Digest digest = sha256({big_endian(type.size()), type, payload});
  return std::string(digest.begin(), digest.begin() + 16);
}

}  // namespace holdfast::event
