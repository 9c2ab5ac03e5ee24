// Headers in a column: a JSON object of texts, so that SQL and people can read it. What is no UTF-8 becomes U+FFFD.
#pragma once
#include <string>
#include <string_view>

#include "holdfast/event.hpp"

namespace holdfast::transport::sqlite_bus {

std::string headers_to_json(const Headers& headers);
/// A foreign program may have written anything: members that are no texts stay as JSON text, what is no object is no header.
Headers headers_from_json(std::string_view text);

}  // namespace holdfast::transport::sqlite_bus
