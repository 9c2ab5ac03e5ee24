#include "outbox/publish.hpp"

#include <algorithm>
#include <utility>

#include "event/envelope.hpp"
#include "event/trace_context.hpp"
#include "holdfast/trace.hpp"
#include "outbox/cause.hpp"
#include "outbox/commit_buffer.hpp"
#include "ports/mutants.hpp"

namespace holdfast {
namespace outbox {
namespace {

std::string conversation_of(const EventInfo& info) {
  return info.correlation_id.empty() ? info.id.to_string() : info.correlation_id;
}

EventId id_or_none(const std::string& text) {
  try {
    return EventId::parse(text);
  } catch (const Invalid&) { return {}; }  // a causation id of somebody's own making
}

EventId choose_id(const std::string& type, const PublishOptions& options, Timestamp now) {
  if (options.id) return *options.id;
  Cause* scope = Cause::current();
  const EventId cause = scope ? id_or_none(options.causation_id) : EventId();
  const bool is_new = cause == EventId() || mutant("new_id_for_each_run");
  return is_new ? EventId::generate(now) : scope->next_id(cause, type);
}

void take_cause(PublishOptions& options) {
  const Cause* scope = Cause::current();
  if (!scope || !scope->event()) return;
  const EventInfo& cause = *scope->event();
  if (options.causation_id.empty()) options.causation_id = cause.id.to_string();
  if (options.correlation_id.empty()) options.correlation_id = conversation_of(cause);
}

/// What the event continues; "": nothing.
event::TraceContext trace_for(const PublishOptions& options) {
  if (options.traceparent.empty()) return event::current_trace();
  if (SpanContext::parse(options.traceparent).valid())
    return {options.traceparent, std::string(event::usable_tracestate(options.tracestate))};
  ++event::malformed_traceparents;
  return event::current_trace();
}

/// Outside of any trace an event begins one, under its own id.
std::string trace_of_its_own(const EventId& id) {
  const std::string text = id.to_string();
  return "00-" + text + "-" + text.substr(16) + "-01";
}

void check_names(const Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (name.starts_with("holdfast-"))
      throw Invalid("headers", "'" + name + "': names with holdfast- are Holdfast's own");
  }
}

/// What a pattern of a binding would read otherwise, or a person would not see: no subscription could name such a type.
void check_type(std::string_view type) {
  const auto is_odd = [](unsigned char c) { return c <= ' ' || c == 0x7f || c == '*' || c == '#'; };
  if (std::ranges::any_of(type, is_odd))
    throw Invalid("type", "has spaces, control characters or wildcards; write it as order.created.v1");
}

}  // namespace

EventInfo Publishing::describe(std::string_view type, PublishOptions options) const {
  take_cause(options);
  EventInfo info;
  auto [traceparent, tracestate] = trace_for(options);
  info.traceparent = std::move(traceparent), info.tracestate = std::move(tracestate);
  info.type = type;
  info.occurred_at = setup_.clock.utc();
  info.id = choose_id(info.type, options, info.occurred_at);
  if (options.ordered) info.key = std::move(options.key);
  info.producer = setup_.producer;
  info.correlation_id = options.correlation_id.empty() ? info.id.to_string() : std::move(options.correlation_id);
  info.causation_id = std::move(options.causation_id);
  info.headers = std::move(options.headers);
  return info;
}

EventId Publishing::publish(TransactionRef tx, std::string_view type, std::string_view json,
                            PublishOptions options) const {
  check_type(type);
  check_names(options.headers);
  const bool unrouted_ok = options.unrouted_ok.value_or(false);
  EventInfo info = describe(type, std::move(options));
  auto creation = setup_.begin_creation ? setup_.begin_creation(info) : nullptr;
  if (info.traceparent.empty()) info.traceparent = trace_of_its_own(info.id);
  ports::OutgoingEvent event{.id = info.id,
                             .type = info.type,
                             .key = info.key.empty() ? std::nullopt : std::optional(info.key),
                             .destination = {},
                             .unrouted_ok = unrouted_ok,
                             .occurred_at = info.occurred_at,
                             .headers = event::headers_of(info),
                             .envelope = event::encode(info, json)};
  event::check(setup_.limits, event.type, info.key, event.headers, event.envelope);
  if (tx.hook() && !mutant("published_at_once")) {
    CommitBuffer::of(tx, shared_from_this()).add(std::move(event), std::move(creation));
  } else {  // who commits is not ours: as if he did
    writer(tx.dialect()).append(tx, {&event, 1});
    if (creation) creation->committed();
  }
  return info.id;
}

void Publishing::wake(std::size_t events) const {
  if (setup_.wake) setup_.wake(events);
}

const ports::OutboxWriter& Publishing::writer(Dialect dialect) const {
  return setup_.writer ? *setup_.writer : ports::outbox_writer(dialect);
}

Outbox make(PublishSetup setup) { return Outbox(std::make_shared<const Publishing>(std::move(setup))); }

}  // namespace outbox

PublishOptions caused_by(const EventInfo& cause) {
  PublishOptions options;
  options.causation_id = cause.id.to_string();
  options.correlation_id = outbox::conversation_of(cause);
  options.traceparent = cause.traceparent, options.tracestate = cause.tracestate;
  return options;
}

Outbox::Outbox(std::string producer)
    : Outbox(std::make_shared<const outbox::Publishing>(outbox::PublishSetup{.producer = std::move(producer)})) {}

Outbox::Outbox(std::shared_ptr<const outbox::Publishing> publishing) : publishing_(std::move(publishing)) {}

EventId Outbox::publish_encoded(TransactionRef tx, std::string_view type, std::string json, PublishOptions options) {
  event::in_payload([&] { detail::JsonValue::parse(json); });
  return put(tx, type, json, std::move(options));
}

EventId Outbox::put(TransactionRef tx, std::string_view type, const std::string& json, PublishOptions options) {
  return publishing_->publish(tx, type, json, std::move(options));
}

void Outbox::wake_relay() { publishing_->wake(); }

}  // namespace holdfast
