#include "sql/json_text.hpp"

#include <fmt/format.h>

#include <iterator>

namespace holdfast::sql {

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<int>(c));
    else out += c;
  }
  out += '"';
}

}  // namespace holdfast::sql
