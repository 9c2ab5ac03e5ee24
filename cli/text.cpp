#include "cli/text.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cstdio>

#include "event/utf8.hpp"

namespace holdfast::cli {
namespace {

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;  // U+0080 to U+009F
}

}  // namespace

std::string printable(std::string_view text, Lines lines) {
  std::string out;
  while (!text.empty()) {
    const auto length = event::character(text);
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
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // it ends with a NUL of its own
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  out.pop_back();
  return out;
}

Bytes for_json(const std::string& bytes) {
  if (event::is_utf8(bytes)) return {bytes, {}};
  return {{}, base64(bytes)};
}

}  // namespace holdfast::cli
