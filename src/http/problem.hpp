// Answers that say what went wrong: application/problem+json (RFC 9457).
#pragma once
#include <string>
#include <string_view>

#include "holdfast/http.hpp"

namespace holdfast::http {

std::string_view reason(int status);  // "Not Found"; "Unknown" for a status that is not in use

/// `member`: what is wrong, as "pointer" if it is a JSON pointer, else as "parameter"; left out if empty.
Response problem(int status, std::string_view detail, std::string_view member = {});

/// 503 with Retry-After: 1.
Response busy(std::string_view detail);

}  // namespace holdfast::http
