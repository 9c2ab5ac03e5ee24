#include "event/limits.hpp"

#include "event/utf8.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::event {
namespace {

void check_size(const char* what, std::size_t size, std::size_t limit) {
  if (size <= limit) return;
  throw Invalid(what, std::to_string(size) + " bytes, at most " + std::to_string(limit) + " are allowed");
}

void check_text(const char* what, std::string_view text) {
  if (text.find('\0') != text.npos) throw Invalid(what, "contains a NUL byte");
  if (!is_utf8(text)) throw Invalid(what, "is not UTF-8");
}

}  // namespace

void check(const Limits& limits, std::string_view type, std::string_view key, const Headers& headers,
           std::string_view envelope) {
  if (type.empty()) throw Invalid("type", "is empty");
  check_size("type", type.size(), limits.type);
  check_text("type", type);
  check_size("key", key.size(), limits.key);
  check_text("key", key);
  std::size_t total = 0;
  for (const auto& [name, value] : headers) {
    total += name.size() + value.size();
    check_text("headers", name);
    check_text("headers", value);
  }
  check_size("headers", total, limits.headers);
  check_size("envelope", envelope.size(), limits.envelope);
}

}  // namespace holdfast::event
