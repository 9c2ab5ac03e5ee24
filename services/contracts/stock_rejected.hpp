// An order cannot be served, and nothing was set aside for it. Published by inventory; an outcome, not an error.
#pragma once
#include <holdfast/contract.hpp>
#include <string>

namespace shop {

struct StockRejected {
  static constexpr std::string_view type = "stock.rejected.v1";
  std::int64_t orderId = 0;
  std::string reason;
  std::string key() const { return std::to_string(orderId); }
};

}  // namespace shop
