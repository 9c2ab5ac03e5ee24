#include "telemetry/otlp.hpp"

#include <algorithm>

#include "event/utf8.hpp"
#include "telemetry/protobuf.hpp"

namespace holdfast::telemetry {
namespace {

constexpr std::size_t longest_text = 4096;
constexpr int status_error = 2;
constexpr std::uint32_t sampled_flag = 1;

/// One text that is no UTF-8 would cost the whole batch.
void text(Protobuf& out, int field, std::string_view value) {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (value.size() <= longest_text && std::ranges::all_of(value, plain)) out.bytes(field, value);
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

std::string to_otlp(const std::string& service, std::span<const Span> spans) {
  Protobuf out;
  out.message(1, [&] {
    out.message(1, [&] { key_value(out, 1, "service.name", service); });
    out.message(2, [&] {
      out.message(1, [&] { out.bytes(1, "holdfast"); });
      for (const Span& span : spans) out.message(2, [&] { write(out, span); });
    });
  });
  return out.take();
}

}  // namespace holdfast::telemetry
