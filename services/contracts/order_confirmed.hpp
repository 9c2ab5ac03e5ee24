// Stock is reserved and money is there. Nobody in this house listens: that is fine, and said here.
#pragma once
#include <holdfast/contract.hpp>
#include <string>

namespace shop {

struct OrderConfirmed {
  static constexpr std::string_view type = "order.confirmed.v1";
  static constexpr bool unrouted_ok = true;
  std::int64_t orderId = 0;
  std::string key() const { return std::to_string(orderId); }
};

}  // namespace shop
