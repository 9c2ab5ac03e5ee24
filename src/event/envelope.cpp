#include "event/envelope.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "holdfast/detail/json.hpp"

namespace holdfast::event {
namespace {

using detail::JsonValue;

std::optional<JsonValue> optional_member(const JsonValue& in, std::string_view name) {
  auto found = in.member(name);
  if (found && found->is_null()) found.reset();
  return found;
}

void read_text(const JsonValue& in, std::string_view name, std::string& value) {
  if (const auto found = optional_member(in, name)) value = found->text();
}

void read_metadata(const JsonValue& in, EventInfo& info) {
  in.expect_object();
  read_text(in, "traceId", info.trace_id);
  read_text(in, "correlationId", info.correlation_id);
  read_text(in, "causationId", info.causation_id);
  read_text(in, "producer", info.producer);
  if (const auto version = optional_member(in, "schemaVersion")) detail::read(*version, info.schema_version);
}

void write_text(detail::JsonWriter& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out.name(name);
  out.string(value);
}

Timestamp occurred(const EventInfo& info) {
  return info.occurred_at != Timestamp{} ? info.occurred_at : info.id.time().value_or(Timestamp{});
}

}  // namespace

std::string encode(const EventInfo& info, std::string_view payload_json) {
  const std::string traced = trace_id_of(info.traceparent);
  detail::JsonWriter out(payload_json.size() + 512);
  out.begin_object();
  write_text(out, "eventId", info.id.to_string());
  write_text(out, "eventType", info.type);
  if (const Timestamp at = occurred(info); at != Timestamp{}) write_text(out, "occurredAtUtc", to_iso8601(at));
  out.name("payload");
  out.raw(payload_json);
  out.name("metadata");
  out.begin_object();
  write_text(out, "traceId", traced.empty() ? info.trace_id : traced);
  write_text(out, "correlationId", info.correlation_id);
  write_text(out, "causationId", info.causation_id);
  write_text(out, "producer", info.producer);
  out.name("schemaVersion");
  out.integer(info.schema_version > 0 ? info.schema_version : version_of(info.type));
  out.end_object();
  out.end_object();
  return out.take();
}

Headers headers_of(const EventInfo& info) {
  Headers headers = info.headers;
  if (!info.traceparent.empty()) headers["traceparent"] = info.traceparent;
  if (!info.tracestate.empty()) headers["tracestate"] = info.tracestate;
  if (!info.key.empty()) headers[std::string(key_header)] = info.key;
  return headers;
}

void read_headers(const Headers& headers, EventInfo& info) {
  for (const auto& [name, value] : headers) {
    if (name == "traceparent") info.traceparent = value;
    else if (name == "tracestate") info.tracestate = value;
    else if (name == key_header) info.key = value;
    else if (!name.starts_with("holdfast-")) info.headers.emplace(name, value);
  }
  if (auto id = trace_id_of(info.traceparent); !id.empty()) info.trace_id = std::move(id);
}

Envelope decode(std::string_view body, const Headers& headers) {
  const JsonValue root = JsonValue::parse(body);
  Envelope envelope;
  EventInfo& info = envelope.info;
  detail::read(root.at("eventId"), info.id);
  const JsonValue type = root.at("eventType");
  info.type = type.text();
  if (info.type.empty()) type.fail("is empty");
  envelope.payload = root.at("payload").raw();
  if (const auto at = optional_member(root, "occurredAtUtc")) detail::read(*at, info.occurred_at);
  info.occurred_at = occurred(info);
  if (const auto metadata = optional_member(root, "metadata")) read_metadata(*metadata, info);
  if (info.schema_version <= 0) info.schema_version = version_of(info.type);
  read_headers(headers, info);
  envelope.body = body;
  return envelope;
}

std::optional<Timestamp> event_time(const EventInfo& info, std::optional<Timestamp> broker_time) {
  if (const auto made = info.id.time()) return made;
  if (info.occurred_at != Timestamp{}) return info.occurred_at;
  return broker_time;
}

int version_of(std::string_view type) {
  const auto dot = type.rfind('.');
  const std::string_view last = dot == type.npos ? type : type.substr(dot + 1);
  if (last.size() < 2 || last.front() != 'v') return 1;
  int version = 0;
  const auto [end, fault] = std::from_chars(last.data() + 1, last.data() + last.size(), version);
  const bool whole = fault == std::errc{} && end == last.data() + last.size();
  return whole && version > 0 ? version : 1;
}

}  // namespace holdfast::event
