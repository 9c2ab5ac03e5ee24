#include "host/event_spans.hpp"

#include <cstring>
#include <optional>

#include "event/envelope.hpp"

namespace holdfast::host {
namespace {

using telemetry::attribute;

const std::string& header(const Headers& headers, const char* name) {
  static const std::string none;
  const auto found = headers.find(name);
  return found == headers.end() ? none : found->second;
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

}  // namespace

/// A create span that is under way: from publish() to the commit.
class EventSpans::Created : public outbox::Creation {
 public:
  Created(const EventSpans& spans, Span span, Subject event)
      : spans_(spans), span_(std::move(span)), event_(std::move(event)) {}
  void committed() noexcept override { spans_.created(std::move(span_), event_); }

 private:
  const EventSpans& spans_;
  Span span_;
  Subject event_;
};

outbox::BeginCreation EventSpans::begin_creation() const {
  if (!on() && !talks()) return {};
  return [this](EventInfo& info) -> std::unique_ptr<outbox::Creation> {
    Span span = on() ? begin_create(info) : Span();
    if (!talks() && !span.context.sampled) return nullptr;
    return std::make_unique<Created>(*this, std::move(span), subject_of(info));
  };
}

Span EventSpans::begin_create(EventInfo& info) const {
  Span span = tracer_.begin(Span::Kind::producer, info.occurred_at, info.traceparent, info.tracestate, info.id);
  info.traceparent = span.context.traceparent();
  return span;
}

void EventSpans::created(Span span, const Subject& event) const {
  if (talks()) say("an event was published", event, {"correlation_id", event.correlation_id});
  if (!on() || !span.context.sampled) return;
  describe(span, "create", published_to(event.type, ""), event.id);
  route(span, event.type);
  describe_ids(span, event);
  end(std::move(span), now());
}

outbox::Sender::Heard EventSpans::heard() const {
  if (!on() && !talks()) return {};
  return [this](const auto& event, const auto& took, const auto& result) { sent(event, took, result); };
}

void EventSpans::sent(const ports::OutgoingEvent& event, const outbox::Sender::Took& took,
                      const ports::PublishResult& result) const {
  const auto& traceparent = header(event.headers, "traceparent");
  if (talks())
    say("an event was sent", {.id = event.id, .type = event.type, .trace_id = event::trace_id_of(traceparent)},
        {"result", to_word(result.outcome)});
  if (!on()) return;
  Span span = tracer_.begin(Span::Kind::client, took.begin, traceparent, header(event.headers, "tracestate"));
  if (!span.context.sampled) return;
  describe(span, "send", published_to(event.type, event.destination), event.id);
  if (event.destination.empty()) route(span, event.type);
  if (result.outcome != ports::Outcome::confirmed) telemetry::fail(span, to_word(result.outcome), result.error);
  end(std::move(span), took.end);
}

Subject EventSpans::subject_of(const EventInfo& info) const {
  return {info.id, info.type, info.correlation_id, info.causation_id,
          talks() ? event::trace_id_of(info.traceparent) : std::string()};
}

void EventSpans::describe_process(Span& span, const Subject& event, const std::string& consumer,
                                  const std::string& queue, int attempt) const {
  if (!span.context.sampled) return;
  describe(span, "process", received_from(event.type, queue), event.id);
  route(span, event.type);
  attribute(span, "messaging.consumer.group.name", consumer);
  describe_ids(span, event);
  span.attributes.emplace_back("holdfast.attempt", attempt);
}

void EventSpans::describe_ids(Span& span, const Subject& event) const {
  attribute(span, "messaging.message.conversation_id", event.correlation_id);
  attribute(span, "holdfast.causation_id", event.causation_id);
}

void EventSpans::say(const char* what, const Subject& event, const telemetry::Log::Field& more) const {
  log_.debug(what, {{"event_id", event.id.to_string()}, {"type", event.type}, {"trace_id", event.trace_id}, more});
}

/// A span that has a parent is of an event that was created elsewhere: it is linked to that.
void EventSpans::describe(Span& span, const char* operation, std::string destination, const EventId& id) const {
  span.attributes.reserve(12);
  const bool creates = span.kind == Span::Kind::producer;
  if (!creates && span.parent != SpanContext::SpanId{})
    span.links.push_back({span.context.trace_id, span.parent, span.context.sampled});
  span.name.reserve(std::strlen(operation) + 1 + destination.size());
  span.name.append(operation).append(" ").append(destination);
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
  if (bus_.topic_of) return bus_.topic_of(type);
  return bus_.exchange.empty() ? type : bus_.exchange + ":" + type;
}

std::string EventSpans::received_from(const std::string& type, const std::string& queue) const {
  if (bus_.topic_of) return bus_.topic_of(type);
  return bus_.exchange.empty() ? queue : bus_.exchange + ":" + type + ":" + queue;
}

void EventSpans::route(Span& span, const std::string& type) const {
  attribute(span, bus_.exchange.empty() ? "holdfast.event.type" : "messaging.rabbitmq.destination.routing_key", type);
}

}  // namespace holdfast::host
