#include "inbox/reading.hpp"

#include <ostream>

#include "event/body_hash.hpp"
#include "event/envelope.hpp"
#include "event/key_hash.hpp"
#include "event/utf8.hpp"
#include "holdfast/detail/json.hpp"
#include "inbox/reasons.hpp"

namespace holdfast::inbox {
namespace {

constexpr std::size_t key_bytes = 200, type_bytes = 200;

/// What every column takes; two keys that differ stay different.
std::string storable_key(const std::string& key) {
  const std::string fits = event::fit(key, key_bytes);
  if (fits == key) return key;
  return event::fit(key, key_bytes - 24) + "#" + std::to_string(event::key_hash(key));
}

EventId guard_of(const ports::Delivery& delivery) try {
  return EventId::parse(delivery.message_id);
} catch (const Invalid&) { return EventId::of_body(delivery.body); }

Headers with_key(const ports::Delivery& delivery) {
  Headers headers = delivery.headers;
  if (delivery.key && !delivery.key->empty()) headers[ports::header_key] = *delivery.key;
  return headers;
}

std::string key_in(const Headers& headers) {
  const auto found = headers.find(ports::header_key);
  return found == headers.end() ? std::string() : found->second;
}

/// Fills in what body and headers say. A fault makes the event unreadable, and it is known by `fallback`.
void parse(Event& event, const EventId& fallback, const std::string& type) try {
  event.envelope = event::decode(event.body, event.headers);
  event.id = event.envelope.info.id;
} catch (const Invalid& fault) {
  event.unreadable = Failure{reason::invalid, fault.what(), true};
  event.envelope = {};
  event.envelope.body = event.body;
  event.envelope.info.type = type;
  event::read_headers(event.headers, event.envelope.info);
  event.id = event.envelope.info.id = id_in(event.body).value_or(fallback);
}

void describe(Event& event, const std::string& consumer) {
  EventInfo& info = event.envelope.info;
  event.type = event::fit(info.type, type_bytes);
  info.consumer = consumer;
  info.attempt = event.attempt + 1;
}

}  // namespace

std::optional<EventId> id_in(std::string_view body) try {
  return EventId::parse(detail::JsonValue::parse(body).at("eventId").text());
} catch (const Invalid&) { return {}; }

std::ostream& operator<<(std::ostream& out, const Arrival& arrival) {
  return out << arrival.delivery->session << ':' << arrival.delivery->tag << (arrival.delivery->redelivered ? "r" : "");
}

Arrival arrive(ports::Delivery delivery, const Handlers& handlers) {
  Arrival arrival{std::make_shared<const ports::Delivery>(std::move(delivery)), {}, {}};
  const ports::Delivery& d = *arrival.delivery;
  arrival.guard = guard_of(d);
  std::string key = d.key && !d.key->empty() ? *d.key : key_in(d.headers);
  if (key.empty()) {
    Event event;
    event.body = d.body;
    parse(event, arrival.guard, d.type);
    if (!event.unreadable) key = handlers.key(event.envelope.info.type, event.envelope.payload);
  }
  arrival.key = storable_key(key);
  return arrival;
}

Event read(const Arrival& arrival, const Handlers& handlers, const std::string& consumer) {
  const ports::Delivery& d = *arrival.delivery;
  Event event;
  event.guard = arrival.guard;
  event.copy = d.copy;
  event.attempt = d.attempt;
  event.headers = with_key(d);
  event.body = d.body;
  parse(event, arrival.guard, d.type);
  EventInfo& info = event.envelope.info;
  if (info.key.empty()) info.key = handlers.key(info.type, event.envelope.payload);
  event.key = arrival.key;
  event.at = event::event_time(info, d.broker_time);
  event.body_hash = event::body_hash(info.type, event.unreadable ? event.body : event.envelope.payload);
  describe(event, consumer);
  return event;
}

Event read(const ports::Deferred& deferred, int copy, const std::string& consumer) {
  Event event;
  event.copy = copy;
  event.attempt = deferred.attempts;
  event.headers = deferred.headers;
  event.body = deferred.body;
  parse(event, deferred.id, deferred.type);
  EventInfo& info = event.envelope.info;
  event.id = event.guard = info.id = deferred.id;
  event.key = deferred.key;
  if (info.key.empty()) info.key = deferred.key;
  describe(event, consumer);
  return event;
}

Event renamed(Event event) {
  event.id = event.envelope.info.id = EventId::of_body(event.body);
  event.copy = 0;
  event.started = false;  // under the id of the other one
  return event;
}

}  // namespace holdfast::inbox
