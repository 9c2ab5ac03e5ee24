#include "telemetry/tracer.hpp"

#include <utility>

#include "event/trace_context.hpp"
#include "telemetry/trace.hpp"

namespace holdfast::telemetry {

bool Tracer::draw() const {
  constexpr double range = 18446744073709551616.0;  // 2^64
  return sample_ >= 1 || static_cast<double>(random64()) < sample_ * range;
}

Span Tracer::begin(Span::Kind kind, Timestamp start, std::string_view traceparent, std::string_view tracestate,
                   const EventId& id) const {
  Span span;
  span.kind = kind, span.start = start;
  span.context = SpanContext::parse(traceparent);
  if (span.context.valid()) {
    span.parent = std::exchange(span.context.span_id, new_span_id());
    span.tracestate = event::usable_tracestate(tracestate);
    return span;
  }
  if (!traceparent.empty()) ++event::malformed_traceparents;
  span.context = new_trace(draw());
  if (id != EventId()) span.context.trace_id = id.bytes();
  return span;
}

void Tracer::end(Span span, Timestamp end) const noexcept {
  if (!sink_ || !span.context.sampled) return;
  span.end = end;
  sink_->record(std::move(span));
}

void fail(Span& span, std::string type, std::string words) {
  span.failed = true;
  attribute(span, "error.type", std::move(type));
  span.error = std::move(words);
}

}  // namespace holdfast::telemetry
