#include "event/number.hpp"

#include <algorithm>
#include <array>

namespace holdfast::event {
namespace {

constexpr std::int64_t absurd_exponent = 100'000;  // beyond it nothing fits; stops the exponent itself from overflowing

struct Parts {
  bool negative = false;
  std::string_view whole, fraction;
  std::int64_t exponent = 0;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

bool take_exponent(std::string_view& text, std::int64_t& exponent) {
  if (!take(text, 'e') && !take(text, 'E')) return true;
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  const std::string_view digits = take_digits(text);
  for (char c : digits) exponent = std::min(exponent * 10 + (c - '0'), absurd_exponent);
  if (negative) exponent = -exponent;
  return !digits.empty();
}

std::optional<Parts> parts_of(std::string_view text) {
  Parts parts;
  parts.negative = take(text, '-');
  parts.whole = take_digits(text);
  if (parts.whole.empty() || (parts.whole.size() > 1 && parts.whole.front() == '0')) return {};
  if (take(text, '.')) {
    parts.fraction = take_digits(text);
    if (parts.fraction.empty()) return {};
  }
  if (!take_exponent(text, parts.exponent) || !text.empty()) return {};
  return parts;
}

/// Appends a digit to a number that is kept negative, so that the lowest int64 fits too.
bool push(std::int64_t& value, int digit) {
  return !__builtin_mul_overflow(value, std::int64_t{10}, &value) &&
         !__builtin_sub_overflow(value, std::int64_t{digit}, &value);
}

}  // namespace

Scaled scaled(std::string_view text, int scale) {
  const auto parts = parts_of(text);
  if (!parts) return {0, NumberFault::not_a_number};
  std::int64_t value = 0;
  std::int64_t zeros = 0;  // read and not yet part of value: at the end of a number they cost no digits
  for (const std::string_view digits : {parts->whole, parts->fraction}) {
    for (const char c : digits) {
      if (c == '0') {
        ++zeros;
        continue;
      }
      for (; value != 0 && zeros > 0; --zeros) {
        if (!push(value, 0)) return {0, NumberFault::too_large};
      }
      zeros = 0;
      if (!push(value, c - '0')) return {0, NumberFault::too_large};
    }
  }
  if (value == 0) return {};
  std::int64_t shift = scale + parts->exponent - static_cast<std::int64_t>(parts->fraction.size()) + zeros;
  if (shift < 0) return {0, NumberFault::too_fine};
  for (; shift > 0; --shift) {
    if (!push(value, 0)) return {0, NumberFault::too_large};
  }
  if (!parts->negative && __builtin_sub_overflow(std::int64_t{0}, value, &value)) return {0, NumberFault::too_large};
  return {value, {}};
}

}  // namespace holdfast::event
