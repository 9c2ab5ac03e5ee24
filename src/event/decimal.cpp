#include "holdfast/decimal.hpp"

#include "event/number.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::detail {
namespace {

std::string fault_text(event::NumberFault fault, int scale) {
  switch (fault) {
    case event::NumberFault::too_fine: return "more than " + std::to_string(scale) + " decimals";
    case event::NumberFault::too_large:
      return "more than " + std::to_string(18 - scale) + " digits before the decimal point";
    case event::NumberFault::not_a_number: break;
  }
  return "not a number";
}

bool fits(std::int64_t units) { return units <= max_units && units >= -max_units; }

std::int64_t checked(bool overflow, std::int64_t units) {
  if (overflow || !fits(units)) throw std::overflow_error("the amount has more than 18 digits");
  return units;
}

}  // namespace

std::int64_t parse_units(std::string_view text, int scale) {
  auto [units, fault] = event::scaled(text, scale);
  if (!fault && !fits(units)) fault = event::NumberFault::too_large;
  if (fault) throw Invalid("", fault_text(*fault, scale));
  return units;
}

std::string units_to_string(std::int64_t units, int scale) {
  std::string text = std::to_string(units < 0 ? -units : units);
  const auto decimals = static_cast<std::size_t>(scale);
  if (text.size() <= decimals) text.insert(0, decimals + 1 - text.size(), '0');
  if (decimals > 0) text.insert(text.size() - decimals, ".");
  return units < 0 ? "-" + text : text;
}

std::int64_t add_units(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  const bool overflow = __builtin_add_overflow(a, b, &sum);
  return checked(overflow, sum);
}

std::int64_t multiply_units(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  const bool overflow = __builtin_mul_overflow(a, b, &product);
  return checked(overflow, product);
}

}  // namespace holdfast::detail
