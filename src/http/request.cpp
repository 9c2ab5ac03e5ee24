#include <algorithm>

#include "holdfast/http.hpp"
#include "http/uri.hpp"

namespace holdfast::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string Request::path() const {
  const auto parts = split_target(target);
  return parts ? percent_decode(parts->path).value_or(std::string(parts->path)) : target;
}

std::optional<std::string> Request::query(std::string_view name) const {
  const auto parts = split_target(target);
  return parts ? query_member(parts->query, name) : std::nullopt;
}

std::optional<std::string> Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (same_name(key, name)) return value;
  return std::nullopt;
}

std::string Request::parameter(std::string_view name) const { return parameters.at(std::string(name)); }

}  // namespace holdfast::http
