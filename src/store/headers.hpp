// Headers in a column: a JSON object of strings, so that SQL can read it. Bytes that are no UTF-8 pass through as they are.
#pragma once
#include <string>
#include <string_view>

#include "holdfast/event.hpp"

namespace holdfast::store {

std::string headers_to_text(const Headers& headers);
/// Of what headers_to_text wrote, or any program that writes such an object. What cannot be read is left out: a header is
/// never worth an event.
Headers headers_from_text(std::string_view text);

}  // namespace holdfast::store
