// Text that every database, broker and JSON reader takes.
#pragma once
#include <string>
#include <string_view>

namespace holdfast::event {

bool is_utf8(std::string_view text);

/// At most max_bytes of text, cut between characters; NUL and what is not UTF-8 becomes U+FFFD. For columns that must
/// take whatever a foreign program sent.
std::string fit(std::string_view text, std::size_t max_bytes);

}  // namespace holdfast::event
