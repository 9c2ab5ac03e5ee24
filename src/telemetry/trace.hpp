// Ids of traces and spans, and the traces that begin here. Threads: any.
#pragma once
#include <string>

#include "holdfast/trace.hpp"

namespace holdfast::telemetry {

std::uint64_t random64();  ///< cheap, for ids; no secret may hang on it
SpanContext new_trace(bool sampled = true);
SpanContext::SpanId new_span_id();
std::string current_trace_id();  ///< of this thread, for the log; "": none

}  // namespace holdfast::telemetry
