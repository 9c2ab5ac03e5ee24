// Request targets, taken apart: path segments and query members, percent-decoded (RFC 3986).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::http {

/// nullopt: a '%' without two hex digits, or a NUL. `plus`: '+' means a space, as in queries.
std::optional<std::string> percent_decode(std::string_view text, bool plus = false);

struct Target {
  std::string_view path;   // "/orders/7", encoded
  std::string_view query;  // "limit=5", encoded
};
/// Takes "/path?query" and "http://host/path?query"; nullopt for anything else.
std::optional<Target> split_target(std::string_view target);

/// "/orders/a%2Fb" -> {"orders", "a/b"}. Split before decoding, so that an encoded slash stays in its segment.
std::optional<std::vector<std::string>> path_segments(std::string_view path);

/// The first member of that name. An encoding that cannot be read counts as absent.
std::optional<std::string> query_member(std::string_view query, std::string_view name);

}  // namespace holdfast::http
