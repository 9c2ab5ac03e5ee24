// All lines of an order are set aside for it. Published by inventory.
#pragma once
#include <holdfast/contract.hpp>
#include <string>

namespace shop {

struct StockReserved {
  static constexpr std::string_view type = "stock.reserved.v1";
  std::int64_t orderId = 0;
  std::string key() const { return std::to_string(orderId); }
};

}  // namespace shop
