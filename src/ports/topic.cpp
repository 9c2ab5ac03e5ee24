#include "ports/topic.hpp"

#include <vector>

namespace holdfast::ports {
namespace {

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t dot = 0; dot != text.npos; text.remove_prefix(dot == text.npos ? 0 : dot + 1)) {
    dot = text.find('.');
    out.push_back(text.substr(0, dot));
  }
  return out;
}

}  // namespace

/// Left to right; on a mismatch the last '#' takes one word more. Earlier ones never need to: the last one can take whatever they could.
bool topic_matches(std::string_view pattern, std::string_view type) {
  const auto wanted = words(pattern), given = words(type);
  std::size_t p = 0, g = 0, hash = wanted.size(), taken = 0;
  while (g < given.size()) {
    if (p < wanted.size() && wanted[p] == "#") {
      hash = p++, taken = g;
    } else if (p < wanted.size() && (wanted[p] == "*" || wanted[p] == given[g])) {
      ++p, ++g;
    } else if (hash < wanted.size()) {
      p = hash + 1, g = ++taken;
    } else {
      return false;
    }
  }
  while (p < wanted.size() && wanted[p] == "#") ++p;
  return p == wanted.size();
}

}  // namespace holdfast::ports
