// One line of an order, on the wire in order.created.
#pragma once
#include <cstdint>

namespace shop {

struct Line {
  std::int64_t productId = 0;
  std::int64_t qty = 0;
  bool operator==(const Line&) const = default;
};

}  // namespace shop
