#include <array>
#include <charconv>
#include <cmath>

#include "event/utf8.hpp"
#include "holdfast/detail/json.hpp"

namespace holdfast::detail {
namespace {

/// What must not stand in a JSON string as it is; "" = it may.
std::string escaped(char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
  }
  const auto code = static_cast<unsigned char>(c);
  if (code >= 0x20) return {};
  return std::string("\\u00") + hex[code >> 4] + hex[code & 0x0F];
}

}  // namespace

void JsonWriter::separate() {  // a value never ends in one of these, so the last byte says whether one stands before
  if (text_.empty() || text_.back() == '{' || text_.back() == '[' || text_.back() == ':') return;
  text_ += ',';
}

void JsonWriter::open(char bracket) {
  separate();
  text_ += bracket;
}

void JsonWriter::quoted(std::string_view value) {
  if (!event::is_utf8(value)) throw Invalid("", "text that is not UTF-8");
  text_ += '"';
  std::size_t written = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto code = static_cast<unsigned char>(value[i]);
    if (code >= 0x20 && code != '"' && code != '\\') continue;
    text_ += value.substr(written, i - written);
    text_ += escaped(value[i]);
    written = i + 1;
  }
  text_ += value.substr(written);
  text_ += '"';
}

void JsonWriter::name(std::string_view member) {
  separate();
  quoted(member);
  text_ += ':';
}

void JsonWriter::string(std::string_view value) {
  separate();
  quoted(value);
}

void JsonWriter::integer(std::int64_t value) { raw(std::to_string(value)); }

void JsonWriter::real(double value) {
  if (!std::isfinite(value)) throw Invalid("", "a number that is not finite");
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  raw({text.data(), static_cast<std::size_t>(end - text.data())});
}

void JsonWriter::raw(std::string_view json) {
  separate();
  text_ += json;
}

}  // namespace holdfast::detail
