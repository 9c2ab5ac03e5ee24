#include "event/json_text.hpp"

#include <charconv>
#include <cstdint>

#include "event/utf8.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::detail {
namespace {

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&](std::uint32_t bits) { out += static_cast<char>(bits); };
  const auto tail = [&](std::uint32_t shift) { byte(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) return byte(0xC0 | code >> 6), tail(0);
  if (code < 0x10000) return byte(0xE0 | code >> 12), tail(6), tail(0);
  byte(0xF0 | code >> 18), tail(12), tail(6), tail(0);
}

/// The four digits that stand at `at`.
std::uint32_t hex4(std::string_view source, std::size_t at) {
  std::uint32_t code = 0;
  const std::string_view digits = source.substr(at, 4);
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  if (fault != std::errc{} || end != digits.data() + 4) not_json(at, "four hexadecimal digits are expected");
  return code;
}

/// Reads what follows "\u" at `at` and moves behind it; two of them make one character outside the basic plane.
std::uint32_t code_point(std::string_view source, std::size_t& at) {
  const std::size_t start = at;
  const std::uint32_t first = hex4(source, at);
  at += 4;
  if (first < 0xD800 || first > 0xDFFF) return first;
  const bool pair = first < 0xDC00 && source.substr(at).starts_with("\\u");
  const std::uint32_t second = pair ? hex4(source, at + 2) : 0;
  if (second < 0xDC00 || second > 0xDFFF) not_json(start, "half a surrogate pair");
  at += 6;
  return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

}  // namespace

void not_json(std::size_t byte, std::string_view reason) {
  throw Invalid("byte " + std::to_string(byte), "not JSON: " + std::string(reason));
}

JsonText scan_text(std::string_view source, std::size_t quote) {
  JsonText text{quote + 1, quote + 1, false};
  bool ascii = true;
  for (std::size_t at = quote + 1; at < source.size(); ++at) {
    const auto byte = static_cast<unsigned char>(source[at]);
    if (byte == '"') {
      text.end = at + 1;
      break;
    }
    if (byte < 0x20) not_json(at, "a control character in a string");
    ascii = ascii && byte < 0x80;
    if (byte != '\\') continue;
    text.escaped = true;
    ++at;
  }
  if (text.end == text.begin) not_json(source.size(), "a string without end");
  const std::string_view between = text.between(source);
  const std::size_t good = ascii ? between.size() : event::utf8_prefix(between);
  if (good != between.size()) not_json(text.begin + good, "ill-formed UTF-8");
  return text;
}

std::string unescape(std::string_view source, const JsonText& text) {
  constexpr std::string_view written = "\"\\/bfnrt";
  constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
  std::string out;
  out.reserve(text.end - text.begin);
  for (std::size_t at = text.begin; at < text.end - 1;) {
    if (source[at] != '\\') {
      out += source[at++];
      continue;
    }
    const char escape = source[at + 1];
    at += 2;
    if (escape == 'u') append_utf8(out, code_point(source, at));
    else if (const auto which = written.find(escape); which != written.npos) out += meant[which];
    else not_json(at - 1, "an escape that JSON does not have");
  }
  return out;
}

}  // namespace holdfast::detail
