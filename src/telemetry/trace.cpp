#include "telemetry/trace.hpp"

#include <utility>

#include "event/envelope.hpp"
#include "event/trace_context.hpp"
#include "holdfast/trace.hpp"

namespace holdfast {

std::string telemetry::new_traceparent() {
  const auto fresh = [] { return EventId::of_body(EventId::generate(Timestamp{}).to_string()).to_string(); };
  return "00-" + fresh() + "-" + fresh().substr(16) + "-01";
}

TraceScope::TraceScope(std::string_view traceparent) : outer_(std::move(event::current_traceparent())) {
  const bool valid = !event::trace_id_of(traceparent).empty();
  event::current_traceparent() = valid ? std::string(traceparent) : telemetry::new_traceparent();
}

TraceScope::~TraceScope() { event::current_traceparent() = std::move(outer_); }

std::string TraceScope::current() { return event::current_traceparent(); }

}  // namespace holdfast
