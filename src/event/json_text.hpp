// A string as JSON writes it: where it ends, and what it says.
#pragma once
#include <string>
#include <string_view>

namespace holdfast::detail {

struct JsonText {
  std::size_t begin = 0;  // after the opening quote
  std::size_t end = 0;    // after the closing one
  bool escaped = false;
  std::string_view between(std::string_view source) const { return source.substr(begin, end - 1 - begin); }
};

JsonText scan_text(std::string_view source,
                   std::size_t quote);  ///< throws Invalid: no end, a control character, no UTF-8
std::string unescape(std::string_view source, const JsonText& text);  ///< throws Invalid: an escape that JSON has not

[[noreturn]] void not_json(std::size_t byte, std::string_view reason);

}  // namespace holdfast::detail
