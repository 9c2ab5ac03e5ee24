// The address of a collector, as configuration has it.
#pragma once
#include <string>

namespace holdfast::http {

/// "http://127.0.0.1:4318"; throws Invalid for what cannot be spoken to.
void require_collector(const std::string& endpoint);

}  // namespace holdfast::http
