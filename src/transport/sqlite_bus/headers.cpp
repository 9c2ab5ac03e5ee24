#include "transport/sqlite_bus/headers.hpp"

#include "event/utf8.hpp"
#include "holdfast/detail/json.hpp"

namespace holdfast::transport::sqlite_bus {
namespace {

std::string readable(const std::string& text) {
  return event::is_utf8(text) ? text : event::fit(text, text.size() * 3);
}

Headers read(std::string_view text) {
  Headers out;
  for (const auto& [name, value] : detail::JsonValue::parse(text).entries())
    out[name] = value.is_string() ? value.string() : std::string(value.raw());
  return out;
}

}  // namespace

std::string headers_to_json(const Headers& headers) {
  if (headers.empty()) return "{}";
  detail::JsonWriter json;
  json.begin_object();
  for (const auto& [name, value] : headers) json.name(readable(name)), json.string(readable(value));
  json.end_object();
  return json.take();
}

Headers headers_from_json(std::string_view text) {
  if (text == "{}") return {};
  try {
    return read(text);
  } catch (const Invalid&) { return {}; }
}

}  // namespace holdfast::transport::sqlite_bus
