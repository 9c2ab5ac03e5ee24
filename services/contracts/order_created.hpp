// An order was placed. Published by order; inventory reserves its lines, payment charges its amount.
#pragma once
#include <holdfast/contract.hpp>
#include <string>
#include <vector>

#include "contracts/line.hpp"

namespace shop {

struct OrderCreated {
  static constexpr std::string_view type = "order.created.v1";
  std::int64_t orderId = 0, customerId = 0;
  holdfast::Money totalAmount;
  std::string currency;
  std::vector<Line> items;
  std::string key() const { return std::to_string(orderId); }
};

}  // namespace shop
