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

std::string json_array(const detail::SqlList& list) {
  struct Append {
    std::string& out;
    void operator()(std::monostate) const { out += "null"; }
    void operator()(std::int64_t value) const { out += std::to_string(value); }
    void operator()(double value) const { fmt::format_to(std::back_inserter(out), "{}", value); }
    void operator()(const std::string& value) const { append_json_string(out, value); }
    void operator()(const Bytes& value) const { append_json_string(out, value.data); }
  };
  std::string out = "[";
  for (const auto& item : list.items) {
    if (out.size() > 1) out += ',';
    std::visit(Append{out}, item);
  }
  return out + "]";
}

}  // namespace holdfast::sql
