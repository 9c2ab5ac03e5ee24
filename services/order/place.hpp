// Placing an order: the row and its event in one transaction.
#pragma once
#include <holdfast/host.hpp>
#include <optional>
#include <string>
#include <vector>

#include "contracts/line.hpp"

namespace shop::order {

struct PlaceOrder {  // the body of POST /orders
  std::int64_t customerId = 0;
  holdfast::Money totalAmount;
  std::string currency;
  std::vector<Line> items;
};

/// What is wrong with it, if anything: http::Problem 422 that names the member.
void validate(const PlaceOrder& order);

/// The order's id. The same key and body again give the same id; the same key with another body: http::Problem 422.
std::int64_t place(holdfast::Host& host, const PlaceOrder& order, const std::optional<std::string>& idempotency_key,
                   const std::string& body);

}  // namespace shop::order
