// Spans as OTLP has them: the body of a POST to /v1/traces, in protobuf.
#pragma once
#include <span>
#include <string>

#include "holdfast/trace.hpp"

namespace holdfast::telemetry {

inline constexpr const char* otlp_content_type = "application/x-protobuf";

/// service: service.name, by which traces are looked up.
std::string to_otlp(const std::string& service, std::span<const Span> spans);

}  // namespace holdfast::telemetry
