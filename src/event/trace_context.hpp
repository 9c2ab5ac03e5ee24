// The trace that this thread is in: TraceScope sets it, publish reads it. Here, below both, because neither may know the other.
#pragma once
#include <atomic>
#include <string>
#include <string_view>

namespace holdfast::event {

struct TraceContext {
  std::string traceparent, tracestate;  // W3C; "": none
};

inline TraceContext& current_trace() {
  thread_local TraceContext context;
  return context;
}

/// "" for what is no tracestate that others would take.
std::string_view usable_tracestate(std::string_view tracestate);

/// Of this process: each began a trace of its own instead.
inline std::atomic<std::uint64_t> malformed_traceparents = 0;

}  // namespace holdfast::event
