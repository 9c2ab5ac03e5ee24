#include "sql/postgres/value.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iterator>

#include "sql/postgres/oid.hpp"

namespace holdfast::detail {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

void require_no_nul(const std::string& text) {
  if (text.find('\0') != text.npos)
    throw SqlError("22021", "a text holds a NUL byte, which PostgreSQL does not take; bytes go into a bytea column");
}

void append_hex(std::string& out, std::string_view bytes) {
  out += "\\x";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    (out += digits[byte >> 4]) += digits[byte & 15];
  }
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return fmt::format("{}", value);
}

/// One of an array: text in quotes, which the array's own escapes are put around.
struct AppendItem {
  std::string& out;
  void operator()(std::monostate) const { out += "NULL"; }
  void operator()(std::int64_t value) const { fmt::format_to(std::back_inserter(out), "{}", value); }
  void operator()(double value) const { out += number(value); }
  void operator()(const std::string& value) const {
    require_no_nul(value);
    out += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  void operator()(const Bytes& value) const {
    out += "\"\\";
    append_hex(out, value.data);
    out += '"';
  }
};

std::string array(const SqlList& list) {
  std::string out = "{";
  for (const auto& item : list.items) {
    if (out.size() > 1) out += ',';
    std::visit(AppendItem{out}, item);
  }
  return out + "}";
}

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  throw SqlError("22000", "the server sent binary data that is no hex; is bytea_output changed?");
}

Bytes bytes(std::string_view text) {
  if (!text.starts_with("\\x")) throw SqlError("22000", "bytea_output is not hex; set it back for this role");
  Bytes out;
  out.data.resize(text.size() / 2 - 1);
  for (std::size_t i = 0; i < out.data.size(); ++i)
    out.data[i] = static_cast<char>(nibble(text[2 * i + 2]) << 4 | nibble(text[2 * i + 3]));
  return out;
}

template <class T>
SqlValue parsed(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {std::string(text)};
  return {value};
}

/// "2025-08-22 09:30:00.5+00" becomes ISO 8601; where the server has other styles or times (infinity), it stays.
std::string time(std::string_view text, bool zone) {
  std::string out(text);
  if (out.size() < 19 || out[4] != '-' || out[10] != ' ') return out;
  out[10] = 'T';
  if (!zone) return out + "Z";
  const auto sign = out.find_first_of("+-", 19);
  if (sign == out.npos) return out;
  if (out.substr(sign) == "+00") out.replace(sign, 3, "Z");
  else if (out.size() == sign + 3) out += ":00";
  return out;
}

}  // namespace

std::optional<std::string> postgres_text(const SqlValue& value) {
  struct Text {
    std::optional<std::string> operator()(std::monostate) const { return {}; }
    std::optional<std::string> operator()(std::int64_t v) const { return std::to_string(v); }
    std::optional<std::string> operator()(double v) const { return number(v); }
    std::optional<std::string> operator()(const std::string& v) const { return require_no_nul(v), v; }
    std::optional<std::string> operator()(const Bytes& v) const {
      std::string out;
      append_hex(out, v.data);
      return out;
    }
    std::optional<std::string> operator()(const SqlList& v) const { return array(v); }
  };
  return std::visit(Text{}, value.value);
}

SqlValue postgres_field(unsigned type, std::string_view text) {
  switch (type) {
    case oid_bool: return {std::int64_t{text == "t"}};
    case oid_int2:
    case oid_int4:
    case oid_int8: return parsed<std::int64_t>(text);
    case oid_float4:
    case oid_float8: return parsed<double>(text);
    case oid_bytea: return {bytes(text)};
    case oid_timestamp: return {time(text, false)};
    case oid_timestamptz: return {time(text, true)};
    default: return {std::string(text)};
  }
}

}  // namespace holdfast::detail
