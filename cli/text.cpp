#include "cli/text.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

#include "event/utf8.hpp"

namespace holdfast::cli {
namespace {

/// How many bytes the character takes that begins here; 0: it is none.
std::size_t character_at(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length)
    if (event::is_utf8(text.substr(0, length))) return length;
  return 0;
}

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;  // U+0080 to U+009F
}

}  // namespace

std::string printable(std::string_view text, Lines lines) {
  std::string out;
  while (!text.empty()) {
    const auto length = character_at(text);
    const auto character = text.substr(0, length == 0 ? 1 : length);
    const bool stays = lines == Lines::many && (character == "\n" || character == "\t");
    if (length > 0 && (stays || !is_control(character))) out += character;
    else
      for (const char byte : character) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    text.remove_prefix(character.size());
  }
  return out;
}

std::string as_utf8(const std::string& column) { return event::fit(column, 3 * column.size()); }

void print_body(const std::string& body) {
  const auto shown = isatty(STDOUT_FILENO) == 1 ? printable(body, Lines::many) : body;
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  std::fputs("\n\n", stdout);
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) out += i <= group.size() ? digits[bits >> (18 - 6 * i) & 63U] : '=';
  }
  return out;
}

Bytes for_json(const std::string& bytes) {
  if (event::is_utf8(bytes)) return {bytes, {}};
  return {{}, base64(bytes)};
}

}  // namespace holdfast::cli
