#include <charconv>
#include <cmath>

#include "event/json_document.hpp"
#include "event/number.hpp"
#include "holdfast/detail/json.hpp"

namespace holdfast::detail {
namespace {

std::string_view kind_name(JsonKind kind) {
  switch (kind) {
    case JsonKind::null: return "null";
    case JsonKind::boolean: return "a boolean";
    case JsonKind::number: return "a number";
    case JsonKind::string: return "a string";
    case JsonKind::array: return "an array";
    case JsonKind::object: return "an object";
  }
  return "";
}

void expect(const JsonValue& value, JsonKind found, JsonKind wanted) {
  if (found != wanted)
    value.fail(std::string(kind_name(wanted)) + " is expected, not " + std::string(kind_name(found)));
}

}  // namespace

std::string pointer_step(std::string_view name) {
  std::string step = "/";
  for (const char c : name) {
    if (c == '~') step += "~0";
    else if (c == '/') step += "~1";
    else step += c;
  }
  return step;
}

std::string JsonDocument::pointer(std::uint32_t index) const {
  if (index == 0) return {};
  const std::uint32_t parent = nodes_[index].parent;
  if (nodes_[parent].kind == JsonKind::object) return pointer(parent) + pointer_step(nodes_[index].name);
  std::size_t position = 0;
  for (std::uint32_t child = parent + 1; child < index; child = nodes_[child].next) ++position;
  return pointer(parent) + "/" + std::to_string(position);
}

JsonValue::JsonValue(std::shared_ptr<const JsonDocument> document, std::uint32_t node)
    : document_(std::move(document)), node_(node) {}

JsonValue JsonValue::parse(std::string_view text) { return {JsonDocument::parse(text), 0}; }

bool JsonValue::is_null() const { return document_->node(node_).kind == JsonKind::null; }
bool JsonValue::is_object() const { return document_->node(node_).kind == JsonKind::object; }
bool JsonValue::is_array() const { return document_->node(node_).kind == JsonKind::array; }
bool JsonValue::is_string() const { return document_->node(node_).kind == JsonKind::string; }
bool JsonValue::is_number() const { return document_->node(node_).kind == JsonKind::number; }
std::string_view JsonValue::raw() const { return document_->node(node_).raw; }
std::string JsonValue::pointer() const { return document_->pointer(node_); }
void JsonValue::expect_object() const { expect(*this, document_->node(node_).kind, JsonKind::object); }

std::optional<JsonValue> JsonValue::member(std::string_view name) const {
  expect_object();
  std::optional<JsonValue> found;
  document_->for_each_child(node_, [&](std::uint32_t child) {
    if (document_->node(child).name == name) found = JsonValue(document_, child);
    return !found;
  });
  return found;
}

JsonValue JsonValue::at(std::string_view name) const {
  auto found = member(name);
  if (!found) fail_missing(name);
  return *std::move(found);
}

std::vector<JsonValue> JsonValue::elements() const {
  const JsonNode& node = document_->node(node_);
  expect(*this, node.kind, JsonKind::array);
  std::vector<JsonValue> result;
  result.reserve(node.count);
  document_->for_each_child(node_, [&](std::uint32_t child) {
    result.push_back(JsonValue(document_, child));
    return true;
  });
  return result;
}

std::vector<std::pair<std::string, JsonValue>> JsonValue::entries() const {
  expect_object();
  std::vector<std::pair<std::string, JsonValue>> result;
  result.reserve(document_->node(node_).count);
  document_->for_each_child(node_, [&](std::uint32_t child) {
    result.emplace_back(document_->node(child).name, JsonValue(document_, child));
    return true;
  });
  return result;
}

bool JsonValue::boolean() const {
  expect(*this, document_->node(node_).kind, JsonKind::boolean);
  return raw() == "true";
}

std::int64_t JsonValue::integer() const {
  const auto [value, fault] = event::scaled(number_text(), 0);
  if (fault == event::NumberFault::too_fine) fail("a whole number is expected");
  if (fault) fail("number out of range");
  return value;
}

double JsonValue::real() const {
  const std::string_view text = number_text();
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc{}) fail("number out of range");
  return value;
}

std::string_view JsonValue::number_text() const {
  expect(*this, document_->node(node_).kind, JsonKind::number);
  return raw();
}

std::string_view JsonValue::text() const {
  expect(*this, document_->node(node_).kind, JsonKind::string);
  return document_->node(node_).text;
}

void JsonValue::fail(std::string_view reason) const { throw Invalid(pointer(), std::string(reason)); }

void JsonValue::fail_missing(std::string_view name) const {
  throw Invalid(pointer() + pointer_step(name), "is missing");
}

}  // namespace holdfast::detail
