// Text that every database, broker and JSON reader takes.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast::event {

/// Bytes of the character at the front of a text that is not empty; 0 = ill-formed: overlong, a surrogate, beyond U+10FFFF, cut off.
std::size_t character(std::string_view text);
bool is_utf8(std::string_view text);

/// At most max_bytes of text, cut between characters; NUL and what is not UTF-8 becomes U+FFFD. For columns that must
/// take whatever a foreign program sent.
std::string fit(std::string_view text, std::size_t max_bytes);

}  // namespace holdfast::event
