// An order will not happen. Published by order; inventory releases, payment refunds. It may arrive before order.created.
#pragma once
#include <holdfast/contract.hpp>
#include <string>

namespace shop {

struct OrderCancelled {
  static constexpr std::string_view type = "order.cancelled.v1";
  std::int64_t orderId = 0;
  std::string reason;
  std::string key() const { return std::to_string(orderId); }
};

}  // namespace shop
