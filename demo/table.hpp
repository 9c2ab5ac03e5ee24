// The closing table of the demo, for people and as JSON.
#pragma once
#include <string>

#include "demo/account.hpp"

namespace holdfast::demo {

std::string as_text(const Account& account, const Deeds& deeds);
std::string as_json(const Account& account, const Deeds& deeds);

}  // namespace holdfast::demo
