// Text that every database, broker and JSON reader takes.
#pragma once
#include <string>
#include <string_view>

namespace holdfast::event {

std::size_t utf8_prefix(std::string_view text);  ///< how many bytes of text are well-formed UTF-8, from its start
inline bool is_utf8(std::string_view text) { return utf8_prefix(text) == text.size(); }

/// At most max_bytes of text, cut between characters; NUL and what is not UTF-8 becomes U+FFFD. For columns that must
/// take whatever a foreign program sent.
std::string fit(std::string_view text, std::size_t max_bytes);

}  // namespace holdfast::event
