#include "service/units.hpp"

#include <charconv>
#include <string>
#include <utility>

#include "holdfast/errors.hpp"

namespace holdfast::service {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};
constexpr Unit durations[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit sizes[] = {{"", 1}, {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};

template <std::size_t N>
std::int64_t parse(std::string_view text, const Unit (&units)[N], const char* example) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc() && text.front() != '-')
    for (const auto& [name, factor] : units)
      if (std::int64_t product = 0; rest == name && !__builtin_mul_overflow(number, factor, &product)) return product;
  throw Invalid("", "'" + std::string(text) + "' is not understood; write it as " + example);
}

}  // namespace

std::chrono::milliseconds parse_duration(std::string_view text) {
  return std::chrono::milliseconds(parse(text, durations, "100ms, 5s, 2m, 1h or 14d"));
}

std::int64_t parse_size(std::string_view text) { return parse(text, sizes, "65536, 64KiB or 1MiB"); }

std::int64_t parse_integer(std::string_view text) {
  constexpr Unit one[] = {{"", 1}};
  return parse(text, one, "a whole number, as 10");
}

double parse_sample(std::string_view text) {
  if (text == "parent") return 1;
  double share = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (error != std::errc() || end != text.data() + text.size() || !(share >= 0 && share <= 1))
    throw Invalid("", "'" + std::string(text) + "' is not understood; write parent, or a share from 0 to 1, as 0.1");
  return share;
}

bool parse_boolean(std::string_view text) {
  if (text != "true" && text != "false")
    throw Invalid("", "'" + std::string(text) + "' is not understood; write true or false");
  return text == "true";
}

}  // namespace holdfast::service
