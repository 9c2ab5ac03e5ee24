// An address to listen on, as configuration has it.
#pragma once
#include <string>

namespace holdfast::http {

/// "127.0.0.1:8081"; throws Invalid for what cannot be read.
void require_address(const std::string& listen);

}  // namespace holdfast::http
