#include "store/headers.hpp"

#include "sql/json_text.hpp"

namespace holdfast::store {
namespace {

void append_utf8(std::string& out, unsigned code) {
  const auto byte = [&](unsigned value) { out += static_cast<char>(value); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) return byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F));
  if (code < 0x10000) byte(0xE0 | code >> 12);
  else byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 0x3F));
  byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F));
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  /// false: the text goes on otherwise.
  bool take(char wanted) {
    while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_.front()) != std::string_view::npos)
      rest_.remove_prefix(1);
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool string(std::string& out) {
    if (!take('"')) return false;
    while (!rest_.empty()) {
      const char c = next();
      if (c == '"') return true;
      if (c != '\\') out += c;
      else if (!escape(out)) return false;
    }
    return false;
  }

 private:
  char next() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  bool escape(std::string& out) {
    if (rest_.empty()) return false;
    const char c = next();
    if (c == 'u') return unicode(out);
    constexpr std::string_view names = "bfnrt", bytes = "\b\f\n\r\t";
    const auto known = names.find(c);
    out += known == names.npos ? c : bytes[known];
    return true;
  }

  bool unicode(std::string& out) {
    unsigned code = 0, low = 0;
    if (!hex(code)) return false;
    if (code >= 0xD800 && code < 0xDC00 && rest_.starts_with("\\u")) {  // the first half of a pair
      rest_.remove_prefix(2);
      if (!hex(low)) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, code);
    return true;
  }

  bool hex(unsigned& out) {
    if (rest_.size() < 4) return false;
    for (int i = 0; i < 4; ++i) {
      const auto digit = std::string_view("0123456789abcdef").find(static_cast<char>(next() | 0x20));
      if (digit == std::string_view::npos) return false;
      out = out << 4 | static_cast<unsigned>(digit);
    }
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::string headers_to_text(const Headers& headers) {
  std::string out = "{";
  for (const auto& [name, value] : headers) {
    if (out.size() > 1) out += ',';
    sql::append_json_string(out, name);
    out += ':';
    sql::append_json_string(out, value);
  }
  return out + "}";
}

Headers headers_from_text(std::string_view text) {
  Headers out;
  Reader reader(text);
  if (!reader.take('{')) return out;
  do {
    std::string name, value;
    if (!reader.string(name) || !reader.take(':') || !reader.string(value)) break;
    out[name] = value;
  } while (reader.take(','));
  return out;
}

}  // namespace holdfast::store
