// What an operator picks: flags or fields of a form, turned into a Selection. Throws Invalid that names the flag.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ports/admin_store.hpp"

namespace holdfast::admin {

struct SelectionText {  // as typed
  std::string consumer = {}, type = {}, reason = {}, error = {}, key = {}, since = {}, until = {};
  std::vector<std::string> ids = {};
  std::optional<int> limit = {};  // none: the usual one
};

inline constexpr int most_listed = 100;
inline constexpr int most_acted_on = 100'000;  // frozen in memory, with their bodies

/// since, until: "2025-08-22T09:30:00Z", or "2h" = so long before now. usual_limit: where none is typed.
ports::Selection parse(const SelectionText& text, Timestamp now, int usual_limit = most_listed);

/// A name that this database does not know selects nothing, and that would look like good news: Invalid.
void require_consumer(const ports::Selection& selection, const std::vector<std::string>& known);

/// In words, for the operator_actions row and for confirmation: "consumer=inventory reason=exhausted limit=5".
std::string describe(const SelectionText& text);

}  // namespace holdfast::admin
