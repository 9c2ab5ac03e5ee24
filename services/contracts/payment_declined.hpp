// The customer's card was declined. Published by payment; an outcome, not an error.
#pragma once
#include <holdfast/contract.hpp>
#include <string>

namespace shop {

struct PaymentDeclined {
  static constexpr std::string_view type = "payment.declined.v1";
  std::int64_t orderId = 0;
  std::string reason;
  std::string key() const { return std::to_string(orderId); }
};

}  // namespace shop
