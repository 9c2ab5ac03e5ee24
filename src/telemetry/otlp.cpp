#include "telemetry/otlp.hpp"

#include <algorithm>
#include <cstring>

#include "event/utf8.hpp"
#include "telemetry/protobuf.hpp"

namespace holdfast::telemetry {
namespace {

constexpr std::size_t longest_text = 4096;
constexpr int status_error = 2;
constexpr std::uint32_t sampled_flag = 1;

bool is_ascii(std::string_view text) {  // eight at a time
  std::uint64_t all = 0, eight = 0;
  for (; text.size() >= sizeof eight; text.remove_prefix(sizeof eight))
    std::memcpy(&eight, text.data(), sizeof eight), all |= eight;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return (all & 0x8080808080808080U) == 0;
}

/// One text that is no UTF-8 would cost the whole batch.
void text(Protobuf& out, int field, std::string_view value) {
  if (value.size() <= longest_text && is_ascii(value)) out.bytes(field, value);
  else out.bytes(field, event::fit(value, longest_text));
}

template <class Id>
void id(Protobuf& out, int field, const Id& bytes) {
  out.bytes(field, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void key_value(Protobuf& out, int field, std::string_view name, const Span::Value& value) {
  out.message(field, [&] {
    out.bytes(1, name);
    out.message(2, [&] {
      if (const auto* number = std::get_if<std::int64_t>(&value)) out.varint(3, static_cast<std::uint64_t>(*number));
      else text(out, 1, std::get<std::string>(value));
    });
  });
}

std::uint64_t nanoseconds(Timestamp at) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
  return static_cast<std::uint64_t>(since);
}

void link(Protobuf& out, const SpanContext& to) {
  out.message(13, [&] {
    id(out, 1, to.trace_id);
    id(out, 2, to.span_id);
    if (to.sampled) out.fixed32(6, sampled_flag);
  });
}

void status(Protobuf& out, const std::string& error) {
  out.message(15, [&] {
    text(out, 2, error);
    out.varint(3, status_error);
  });
}

void write(Protobuf& out, const Span& span) {
  id(out, 1, span.context.trace_id);
  id(out, 2, span.context.span_id);
  if (!span.tracestate.empty()) text(out, 3, span.tracestate);
  if (span.parent != SpanContext::SpanId{}) id(out, 4, span.parent);
  text(out, 5, span.name);
  out.varint(6, static_cast<std::uint64_t>(span.kind));
  out.fixed64(7, nanoseconds(span.start));
  out.fixed64(8, nanoseconds(std::max(span.start, span.end)));
  for (const auto& [name, value] : span.attributes) key_value(out, 9, name, value);
  for (const auto& to : span.links) link(out, to);
  if (span.failed) status(out, span.error);
  out.fixed32(16, sampled_flag);
}

}  // namespace

void append_otlp(std::string& spans, const Span& span) {
  thread_local std::string written;  // its length comes first
  written.clear();
  Protobuf out(written);
  write(out, span);
  Protobuf(spans).bytes(2, written);
}

void otlp_body(std::string& body, const std::string& service, std::string_view spans) {
  std::string resource, scope;
  Protobuf in_resource(resource), in_scope(scope), in_body(body);
  in_resource.message(1, [&] { key_value(in_resource, 1, "service.name", service); });
  in_scope.message(1, [&] { in_scope.bytes(1, "holdfast"); });
  in_resource.head(2, scope.size() + spans.size());
  body.clear();
  in_body.head(1, resource.size() + scope.size() + spans.size());
  body.append(resource).append(scope).append(spans);
}

}  // namespace holdfast::telemetry
