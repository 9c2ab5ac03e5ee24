#include <charconv>
#include <span>

#include "event/utf8.hpp"
#include "holdfast/detail/json.hpp"
#include "transport/rabbitmq/incoming.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

std::string readable(std::string_view text) {
  return event::is_utf8(text) ? std::string(text) : event::fit(text, text.size() * 3);
}

std::string digits(double value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return {text, end};
}

/// 1499 with two decimals is 14.99.
std::string decimal(const amqp_decimal_t& d) {
  std::string text = std::to_string(d.value);
  if (d.decimals == 0) return text;
  if (text.size() <= d.decimals) text.insert(0, d.decimals + 1 - text.size(), '0');
  return text.insert(text.size() - d.decimals, ".");
}

std::optional<std::string> number(const amqp_field_value_t& field) {
  const auto& v = field.value;
  switch (field.kind) {
    case AMQP_FIELD_KIND_BOOLEAN: return v.boolean ? "true" : "false";
    case AMQP_FIELD_KIND_I8: return std::to_string(v.i8);
    case AMQP_FIELD_KIND_U8: return std::to_string(v.u8);
    case AMQP_FIELD_KIND_I16: return std::to_string(v.i16);
    case AMQP_FIELD_KIND_U16: return std::to_string(v.u16);
    case AMQP_FIELD_KIND_I32: return std::to_string(v.i32);
    case AMQP_FIELD_KIND_U32: return std::to_string(v.u32);
    case AMQP_FIELD_KIND_I64: return std::to_string(v.i64);
    case AMQP_FIELD_KIND_U64:
    case AMQP_FIELD_KIND_TIMESTAMP: return std::to_string(v.u64);
    case AMQP_FIELD_KIND_F32: return digits(static_cast<double>(v.f32));
    case AMQP_FIELD_KIND_F64: return digits(v.f64);
    case AMQP_FIELD_KIND_DECIMAL: return decimal(v.decimal);
    default: return std::nullopt;
  }
}

void write(detail::JsonWriter& json, const amqp_field_value_t& field) {
  if (const auto text = number(field)) {
    const bool plain = text->find_first_not_of("0123456789.-+e") == text->npos;  // not "nan"
    return plain || field.kind == AMQP_FIELD_KIND_BOOLEAN ? json.raw(*text) : json.string(*text);
  }
  const auto& v = field.value;
  switch (field.kind) {
    case AMQP_FIELD_KIND_UTF8:
    case AMQP_FIELD_KIND_BYTES: return json.string(readable(from_amqp(v.bytes)));
    case AMQP_FIELD_KIND_ARRAY:
      json.begin_array();
      for (const auto& each : std::span(v.array.entries, static_cast<std::size_t>(v.array.num_entries)))
        write(json, each);
      return json.end_array();
    case AMQP_FIELD_KIND_TABLE:
      json.begin_object();
      for (const auto& each : std::span(v.table.entries, static_cast<std::size_t>(v.table.num_entries)))
        json.name(readable(from_amqp(each.key))), write(json, each.value);
      return json.end_object();
    default: return json.null();
  }
}

}  // namespace

std::string to_text(const amqp_field_value_t& field) {
  if (field.kind == AMQP_FIELD_KIND_UTF8 || field.kind == AMQP_FIELD_KIND_BYTES)
    return std::string(from_amqp(field.value.bytes));
  if (auto text = number(field)) return *std::move(text);
  if (field.kind == AMQP_FIELD_KIND_VOID) return "";
  detail::JsonWriter json;
  write(json, field);
  return json.take();
}

}  // namespace holdfast::transport::rabbitmq
