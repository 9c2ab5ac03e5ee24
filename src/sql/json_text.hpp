// A JSON string around any bytes: what is no UTF-8 passes through as it is.
#pragma once
#include <string>
#include <string_view>

namespace holdfast::sql {

void append_json_string(std::string& out, std::string_view text);

}  // namespace holdfast::sql
