// Values as PostgreSQL reads and writes them in text.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "holdfast/transaction.hpp"

namespace holdfast::detail {

/// Nothing: NULL. SqlError where there is no such form (text with a NUL byte).
std::optional<std::string> postgres_text(const SqlValue& value);
/// type: the OID. What is no number, truth value, binary data or time comes as text.
SqlValue postgres_field(unsigned type, std::string_view text);

}  // namespace holdfast::detail
