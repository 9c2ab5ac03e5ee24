// The customer paid. Published by payment.
#pragma once
#include <holdfast/contract.hpp>
#include <string>

namespace shop {

struct PaymentCharged {
  static constexpr std::string_view type = "payment.charged.v1";
  std::int64_t orderId = 0;
  holdfast::Money amount;
  std::string currency;
  std::string key() const { return std::to_string(orderId); }
};

}  // namespace shop
