#include "http/uri.hpp"

namespace holdfast::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string_view cut(std::string_view& rest, char separator) {  // takes what is before the separator off `rest`
  const auto end = rest.find(separator);
  const auto head = rest.substr(0, end);
  rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  return head;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (plus && c == '+') {
      c = ' ';
    }
    if (c == '\0') return std::nullopt;  // no name has one, and C strings end at it
    out += c;
  }
  return out;
}

std::optional<Target> split_target(std::string_view target) {
  if (const auto scheme = target.find("://"); scheme != target.npos && scheme + 1 == target.find_first_of("/?#")) {
    const auto path = target.find_first_of("/?", scheme + 3);  // the absolute form, as proxies send it
    target = path == target.npos ? "/" : target.substr(path);
  }
  if (target.empty() || (target[0] != '/' && target[0] != '?')) return std::nullopt;
  target = target.substr(0, target.find('#'));
  const auto path = cut(target, '?');
  return Target{path.empty() ? "/" : path, target};
}

std::optional<std::vector<std::string>> path_segments(std::string_view path) {
  std::vector<std::string> segments;
  path.remove_prefix(1);
  for (bool more = true; more;) {
    more = path.find('/') != path.npos;
    auto segment = percent_decode(cut(path, '/'));
    if (!segment) return std::nullopt;
    segments.push_back(std::move(*segment));
  }
  return segments;
}

std::optional<std::string> query_member(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    auto value = cut(query, '&');
    const auto key = percent_decode(cut(value, '='), true);
    if (key && *key == name) return percent_decode(value, true);
  }
  return std::nullopt;
}

}  // namespace holdfast::http
