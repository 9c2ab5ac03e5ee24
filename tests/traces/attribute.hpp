// What a span says of one attribute, as text; "": nothing.
#pragma once
#include <string>

#include "holdfast/trace.hpp"

namespace holdfast {

inline std::string attribute_of(const Span& span, const std::string& name) {
  for (const auto& [key, value] : span.attributes) {
    if (key != name) continue;
    const auto* number = std::get_if<std::int64_t>(&value);
    return number ? std::to_string(*number) : std::get<std::string>(value);
  }
  return "";
}

}  // namespace holdfast
