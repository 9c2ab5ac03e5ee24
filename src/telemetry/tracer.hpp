// Begins and ends spans. What is not sampled is begun all the same, for its context travels on and says so. Threads: any.
#pragma once
#include "holdfast/trace.hpp"

namespace holdfast::telemetry {

class Tracer {
 public:
  explicit Tracer(Tracing tracing) : sink_(std::move(tracing.sink)), sample_(tracing.sample) {}

  bool on() const { return sink_ != nullptr; }
  std::uint64_t dropped() const { return sink_ ? sink_->dropped() : 0; }

  /// Continues the trace of this parent (W3C). None: begins one, under this id if there is one; malformed: likewise, counted.
  Span begin(Span::Kind kind, Timestamp start, std::string_view traceparent, std::string_view tracestate = {},
             const EventId& id = {}) const;
  void end(Span span, Timestamp end) const noexcept;

 private:
  bool draw() const;
  std::shared_ptr<SpanSink> sink_;
  double sample_;
};

inline void attribute(Span& span, const char* name, std::string value) {
  if (!value.empty()) span.attributes.emplace_back(name, std::move(value));
}
/// type: one of few words, for `error.type`.
void fail(Span& span, std::string type, std::string words = {});

}  // namespace holdfast::telemetry
