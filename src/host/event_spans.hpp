// What becomes of events, as spans by OpenTelemetry's conventions for messaging: create, send, process; and, at debug, as one line of
// the log each. docs/tracing.md says which span continues which. Threads: any.
#pragma once
#include "outbox/creation.hpp"
#include "outbox/sender.hpp"
#include "ports/clock.hpp"
#include "ports/transport_base.hpp"
#include "telemetry/log.hpp"
#include "telemetry/tracer.hpp"

namespace holdfast::host {

/// What a span and the log say of an event. Attributes are formed when the span ends: hundreds that are under way while a transaction
/// runs would be thousands of small pieces of memory, and cold when they are sent.
struct Subject {
  EventId id;
  std::string type = {}, correlation_id = {}, causation_id = {};
  std::string trace_id = {};  // for the log, where it talks
};

class EventSpans {
 public:
  EventSpans() = default;  // none
  EventSpans(Tracing tracing, const detail::TransportBase& transport, const ports::Clock& clock, telemetry::Log log)
      : tracer_(std::move(tracing)), bus_(transport.bus()), clock_(&clock), log_(std::move(log)) {}

  bool on() const { return tracer_.on(); }
  bool talks() const { return log_.wants(Level::debug); }
  std::uint64_t dropped() const { return tracer_.dropped(); }

  outbox::BeginCreation begin_creation() const;  ///< empty: nothing is to be told
  outbox::Sender::Heard heard() const;  ///< likewise

  Subject subject_of(const EventInfo& info) const;
  /// A child of the event's creation, and linked to it: one span is for one event, in a batch too.
  Span begin_process(const EventInfo& info) const {
    return tracer_.begin(Span::Kind::consumer, now(), info.traceparent, info.tracestate);
  }
  void describe_process(Span& span, const Subject& event, const std::string& consumer, const std::string& queue,
                        int attempt) const;
  void end(Span span, Timestamp end) const { tracer_.end(std::move(span), end); }
  Timestamp now() const { return clock_->utc(); }
  /// A line of the log, where it talks. more: who handles it, or what came of it.
  void say(const char* what, const Subject& event, const telemetry::Log::Field& more) const;

 private:
  class Created;
  Span begin_create(EventInfo& info) const;
  void created(Span span, const Subject& event) const;
  void describe(Span& span, const char* operation, std::string destination, const EventId& id) const;
  void describe_ids(Span& span, const Subject& event) const;
  std::string published_to(const std::string& type, const std::string& destination) const;
  std::string received_from(const std::string& type, const std::string& queue) const;
  void route(Span& span, const std::string& type) const;
  void sent(const ports::OutgoingEvent& event, const outbox::Sender::Took& took,
            const ports::PublishResult& result) const;

  telemetry::Tracer tracer_{Tracing{}};
  ports::BusName bus_;
  const ports::Clock* clock_ = &ports::system_clock();
  telemetry::Log log_{LogSink()};
};

}  // namespace holdfast::host
