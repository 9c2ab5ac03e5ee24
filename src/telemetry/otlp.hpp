// Spans as OTLP has them: the body of a POST to /v1/traces, in protobuf.
#pragma once
#include <string>
#include <string_view>

#include "holdfast/trace.hpp"

namespace holdfast::telemetry {

inline constexpr const char* otlp_content_type = "application/x-protobuf";

/// Appends one span. So many of them, one after the other, are what otlp_body() takes.
void append_otlp(std::string& spans, const Span& span);
/// Into a body whose memory may be of an earlier one. service: service.name, by which traces are looked up.
void otlp_body(std::string& body, const std::string& service, std::string_view spans);

}  // namespace holdfast::telemetry
