// The event on the wire: one JSON object around the payload, the same on every transport and for every language.
// Required are eventId, eventType and payload; unknown members are kept, because the body is passed on whole.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "holdfast/errors.hpp"
#include "holdfast/event.hpp"

namespace holdfast::event {

inline constexpr std::string_view key_header = "holdfast-key";

/// payload_json goes in byte for byte: it must be JSON (detail::JsonValue::parse checks).
std::string encode(const EventInfo& info, std::string_view payload_json);

/// What travels in headers: the trace context, the key, and the event's own headers.
Headers headers_of(const EventInfo& info);

/// Headers of ours go to the members of EventInfo that they carry, or away.
void read_headers(const Headers& headers, EventInfo& info);

/// Throws Invalid with the JSON pointer.
Envelope decode(std::string_view body, const Headers& headers);

/// When the event happened: what a UUIDv7 says, else occurredAtUtc, else the broker; none: it has no age.
std::optional<Timestamp> event_time(const EventInfo& info, std::optional<Timestamp> broker_time);

int version_of(std::string_view type);                     ///< 2 for "order.created.v2"; 1 where the type names none
std::string trace_id_of(std::string_view traceparent);     ///< 32 hex digits; "" when it is not one of W3C's

/// Runs f over a payload; the fault that it finds is reported from the root of the envelope.
template <class F>
decltype(auto) in_payload(F&& f) {
  try {
    return std::forward<F>(f)();
  } catch (const Invalid& fault) { throw fault.inside("/payload"); }
}

}  // namespace holdfast::event
