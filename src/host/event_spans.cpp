#include "host/event_spans.hpp"

#include <optional>

#include "event/envelope.hpp"

namespace holdfast::host {
namespace {

using telemetry::attribute;

std::string header(const Headers& headers, const char* name) {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

const char* to_word(ports::Outcome outcome) {
  switch (outcome) {
    case ports::Outcome::confirmed: return "confirmed";
    case ports::Outcome::nacked: return "nacked";
    case ports::Outcome::returned: return "returned";
    case ports::Outcome::refused: return "refused";
    case ports::Outcome::unknown: break;
  }
  return "unknown";
}

/// What the log says of it.
EventInfo brief(const EventId& id, const std::string& type, const std::string& traceparent) {
  EventInfo info;
  info.id = id, info.type = type, info.trace_id = event::trace_id_of(traceparent);
  return info;
}

}  // namespace

/// A create span that is under way: from publish() to the commit.
class EventSpans::Created : public outbox::Creation {
 public:
  Created(const EventSpans& spans, Span span, std::optional<EventInfo> to_tell)
      : spans_(spans), span_(std::move(span)), to_tell_(std::move(to_tell)) {}
  void committed() noexcept override {
    spans_.end(std::move(span_));
    if (to_tell_) spans_.say("an event was published", *to_tell_, {"correlation_id", to_tell_->correlation_id});
  }

 private:
  const EventSpans& spans_;
  Span span_;
  std::optional<EventInfo> to_tell_;
};

outbox::BeginCreation EventSpans::begin_creation() const {
  if (!on() && !talks()) return {};
  return [this](EventInfo& info) -> std::unique_ptr<outbox::Creation> {
    Span span = on() ? begin_create(info) : Span();
    if (!talks() && !span.context.sampled) return nullptr;
    std::optional<EventInfo> to_tell;
    if (talks()) to_tell = brief(info.id, info.type, info.traceparent), to_tell->correlation_id = info.correlation_id;
    return std::make_unique<Created>(*this, std::move(span), std::move(to_tell));
  };
}

Span EventSpans::begin_create(EventInfo& info) const {
  Span span = tracer_.begin(Span::Kind::producer, info.occurred_at, info.traceparent, info.tracestate, info.id);
  info.traceparent = span.context.traceparent();
  if (!span.context.sampled) return span;
  describe(span, "create", published_to(info.type, ""), info.id);
  route(span, info.type);
  attribute(span, "messaging.message.conversation_id", info.correlation_id);
  attribute(span, "holdfast.causation_id", info.causation_id);
  return span;
}

outbox::Sender::Heard EventSpans::heard() const {
  if (!on() && !talks()) return {};
  return [this](const auto& event, Timestamp begun, const auto& result) { sent(event, begun, result); };
}

void EventSpans::sent(const ports::OutgoingEvent& event, Timestamp begun, const ports::PublishResult& result) const {
  const auto traceparent = header(event.headers, "traceparent");
  if (talks()) say("an event was sent", brief(event.id, event.type, traceparent), {"result", to_word(result.outcome)});
  if (!on()) return;
  Span span = tracer_.begin(Span::Kind::client, begun, traceparent, header(event.headers, "tracestate"));
  if (!span.context.sampled) return;
  describe(span, "send", published_to(event.type, event.destination), event.id);
  if (event.destination.empty()) route(span, event.type);
  if (result.outcome != ports::Outcome::confirmed) telemetry::fail(span, to_word(result.outcome), result.error);
  end(std::move(span));
}

Span EventSpans::begin_process(const EventInfo& info, const std::string& queue) const {
  Span span = tracer_.begin(Span::Kind::consumer, now(), info.traceparent, info.tracestate);
  if (!span.context.sampled) return span;
  describe(span, "process", bus_.exchange.empty() ? queue : bus_.exchange + ":" + info.type + ":" + queue, info.id);
  route(span, info.type);
  attribute(span, "messaging.consumer.group.name", info.consumer);
  attribute(span, "messaging.message.conversation_id", info.correlation_id);
  attribute(span, "holdfast.causation_id", info.causation_id);
  span.attributes.emplace_back("holdfast.attempt", info.attempt);
  return span;
}

void EventSpans::say(const char* what, const EventInfo& info, const telemetry::Log::Field& more) const {
  log_.debug(what, {{"event_id", info.id.to_string()}, {"type", info.type}, {"trace_id", info.trace_id}, more});
}

/// A span that has a parent is of an event that was created elsewhere: it is linked to that.
void EventSpans::describe(Span& span, const char* operation, std::string destination, const EventId& id) const {
  span.attributes.reserve(12);
  const bool creates = span.kind == Span::Kind::producer;
  if (!creates && span.parent != SpanContext::SpanId{})
    span.links.push_back({span.context.trace_id, span.parent, span.context.sampled});
  span.name = std::string(operation) + " " + destination;
  attribute(span, "messaging.system", bus_.system);
  attribute(span, "messaging.operation.name", operation);
  attribute(span, "messaging.operation.type", operation);
  attribute(span, "messaging.destination.name", std::move(destination));
  attribute(span, "messaging.message.id", id.to_string());
  attribute(span, "server.address", bus_.server);
  if (bus_.port != 0) span.attributes.emplace_back("server.port", bus_.port);
}

std::string EventSpans::published_to(const std::string& type, const std::string& destination) const {
  if (!destination.empty()) return destination;
  return bus_.exchange.empty() ? type : bus_.exchange + ":" + type;
}

void EventSpans::route(Span& span, const std::string& type) const {
  attribute(span, bus_.exchange.empty() ? "holdfast.event.type" : "messaging.rabbitmq.destination.routing_key", type);
}

}  // namespace holdfast::host
