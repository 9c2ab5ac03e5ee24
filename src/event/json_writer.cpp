#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "event/utf8.hpp"
#include "holdfast/detail/json.hpp"

namespace holdfast::detail {
namespace {

bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

void append_escaped(std::string& out, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  const auto code = static_cast<unsigned char>(c);
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  if (code >= 0x20) out += c;
  else (out += "\\u00") += {hex[code >> 4], hex[code & 0x0F]};
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
  text_ += '"';
  if (std::ranges::all_of(value, is_plain)) {
    text_ += value;
  } else {
    if (!event::is_utf8(value)) throw Invalid("", "text that is not UTF-8");
    for (const char c : value) append_escaped(text_, c);
  }
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
