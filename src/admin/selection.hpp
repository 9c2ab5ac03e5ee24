// What an operator picks: flags or fields of a form, turned into a Selection. Throws Invalid that names the flag.
#pragma once
#include <string>
#include <vector>

#include "ports/admin_store.hpp"

namespace holdfast::admin {

struct SelectionText {  // as typed
  std::string consumer = {}, type = {}, reason = {}, error = {}, key = {}, since = {}, until = {};
  std::vector<std::string> ids = {};
  int limit = 100;
};

/// since, until: "2025-08-22T09:30:00Z", or "2h" = so long before now.
ports::Selection parse(const SelectionText& text, Timestamp now);

/// A name that this database does not know selects nothing, and that would look like good news: Invalid.
void require_consumer(const ports::Selection& selection, const std::vector<std::string>& known);

/// In words, for the operator_actions row and for confirmation: "consumer=inventory reason=exhausted limit=100".
std::string describe(const SelectionText& text);

}  // namespace holdfast::admin
