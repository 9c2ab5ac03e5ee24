#include "telemetry/trace.hpp"

#include <cstring>
#include <random>
#include <utility>

#include "event/envelope.hpp"
#include "event/trace_context.hpp"

namespace holdfast {
namespace telemetry {

std::uint64_t random64() {  // splitmix64: a sequence of its own for each thread
  thread_local std::uint64_t state = [] {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  }();
  std::uint64_t z = state += 0x9E3779B97F4A7C15ULL;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
  return z ^ z >> 31;
}

SpanContext::SpanId new_span_id() {
  const std::uint64_t bits = random64() | 1;  // not all zeros
  SpanContext::SpanId id;
  std::memcpy(id.data(), &bits, sizeof bits);
  return id;
}

SpanContext new_trace(bool sampled) {
  const std::uint64_t halves[] = {random64(), random64() | 1};
  SpanContext context;
  std::memcpy(context.trace_id.data(), halves, sizeof halves);
  context.span_id = new_span_id();
  context.sampled = sampled;
  return context;
}

std::string current_trace_id() { return event::trace_id_of(event::current_trace().traceparent); }

}  // namespace telemetry

TraceScope::TraceScope(std::string_view traceparent, std::string_view tracestate) {
  auto& current = event::current_trace();
  outer_ = std::move(current.traceparent), outer_state_ = std::move(current.tracestate);
  const bool valid = SpanContext::parse(traceparent).valid();
  if (!valid && !traceparent.empty()) ++event::malformed_traceparents;
  current.traceparent = valid ? std::string(traceparent) : telemetry::new_trace().traceparent();
  current.tracestate = valid ? event::usable_tracestate(tracestate) : std::string_view();
}

TraceScope::~TraceScope() {
  auto& current = event::current_trace();
  current.traceparent = std::move(outer_), current.tracestate = std::move(outer_state_);
}

std::string TraceScope::current() { return event::current_trace().traceparent; }

}  // namespace holdfast
