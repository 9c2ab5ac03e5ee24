// A trace of its own for what begins here.
#pragma once
#include <string>

namespace holdfast::telemetry {

std::string new_traceparent();  ///< W3C, sampled

}  // namespace holdfast::telemetry
