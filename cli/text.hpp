// Bytes of strangers, as a terminal and a JSON document can bear them.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::cli {

enum class Lines { one, many };  // many: line feeds and tabs stay

/// Control characters, and what is not UTF-8, as \x1b: a stranger's key must not work the operator's terminal.
std::string printable(std::string_view text, Lines lines = Lines::one);
/// What is not UTF-8 in it as U+FFFD: a column in a JSON document.
std::string as_utf8(const std::string& column);
/// To stdout: as it is, for a file; on a terminal printable.
void print_body(const std::string& body);
std::string base64(std::string_view bytes);

/// One of the two is set: the text, or, where no JSON string can hold it, its bytes.
struct Bytes {
  std::optional<std::string> text, in_base64;
};
Bytes for_json(const std::string& bytes);

}  // namespace holdfast::cli
