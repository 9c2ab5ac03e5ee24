// JSON around any bytes: what is no UTF-8 passes through as it is.
#pragma once
#include <string>
#include <string_view>

#include "holdfast/transaction.hpp"

namespace holdfast::sql {

void append_json_string(std::string& out, std::string_view text);
std::string json_array(const detail::SqlList& list);

}  // namespace holdfast::sql
