// Values in PostgreSQL's binary form, for statements that move bytes: in text each byte is two digits.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "holdfast/transaction.hpp"

namespace holdfast::detail {

/// Whether a column of this type (the OID) can be read in binary.
bool postgres_reads_binary(unsigned type);
/// Only of such a type. The same value as postgres_field() makes of the text.
SqlValue postgres_binary_field(unsigned type, std::string_view bytes);
/// An array of bytea; nothing: the list holds something else, whose type only the statement knows.
std::optional<std::string> postgres_binary_array(const SqlList& list);

}  // namespace holdfast::detail
