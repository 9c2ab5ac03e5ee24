// The trace that this thread is in: TraceScope sets it, publish reads it. Here, below both, because neither may know the other.
#pragma once
#include <string>

namespace holdfast::event {

inline std::string& current_traceparent() {
  thread_local std::string traceparent;
  return traceparent;
}

}  // namespace holdfast::event
