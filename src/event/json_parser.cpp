// The only file that sees the JSON library. Its parser checks the grammar and the UTF-8, and unescapes; a cursor of our own
// follows it through the source, because it says of no token where it begins.
#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <cmath>
#include <limits>
#include <utility>

#include "event/json_document.hpp"
#include "event/utf8.hpp"
#include "holdfast/detail/json.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::detail {

namespace {

namespace json = boost::json;

constexpr std::size_t max_depth = 64;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_number_char(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

[[noreturn]] void not_json(std::size_t byte, std::string_view why) {
  throw Invalid("byte " + std::to_string(byte), "not JSON: " + std::string(why));
}

json::parse_options options() {
  json::parse_options options;
  options.max_depth = max_depth + 1;  // so that it is we who refuse, with a pointer
  return options;
}

}  // namespace

class JsonBuilder {
 public:
  explicit JsonBuilder(JsonDocument& document) : document_(document), source_(document.source_) {
    document_.nodes_.reserve(source_.size() / 16 + 8);
    if (source_.starts_with(byte_order_mark)) cursor_ = byte_order_mark.size();
  }

  std::size_t begin() const { return cursor_; }

  // What the library calls. A text with escapes comes in parts.
  using Fault = json::error_code;
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size, max_key_size = max_object_size,
                               max_string_size = max_object_size;
  bool on_document_begin(Fault&) { return true; }
  bool on_document_end(Fault&) { return true; }
  bool on_null(Fault&) { return scalar(JsonKind::null, 4); }
  bool on_bool(bool value, Fault&) { return scalar(JsonKind::boolean, value ? 4 : 5); }
  bool on_number_part(json::string_view, Fault&) { return true; }
  bool on_int64(std::int64_t, json::string_view, Fault&) { return number(); }
  bool on_uint64(std::uint64_t, json::string_view, Fault&) { return number(); }
  bool on_double(double value, json::string_view, Fault&) { return number(std::isfinite(value)); }
  bool on_string_part(json::string_view part, std::size_t, Fault&) { return append(part); }
  bool on_key_part(json::string_view part, std::size_t, Fault&) { return append(part); }
  bool on_string(json::string_view rest, std::size_t, Fault&) {
    find_token();
    JsonNode& node = add(JsonKind::string);
    node.text = take_string(rest);
    node.raw = source_.substr(token_, cursor_ - token_);
    return true;
  }
  bool on_key(json::string_view rest, std::size_t, Fault&) {
    find_token();
    name_ = take_string(rest);
    return true;
  }
  bool on_object_begin(Fault&) { return open(JsonKind::object); }
  bool on_array_begin(Fault&) { return open(JsonKind::array); }
  bool on_object_end(std::size_t, Fault&) {
    refuse_duplicates(open_.back());
    return close();
  }
  bool on_array_end(std::size_t, Fault&) { return close(); }
  bool on_comment_part(json::string_view, Fault&) { return false; }
  bool on_comment(json::string_view, Fault&) { return false; }

 private:
  void find_token() {
    while (is_space(source_[cursor_]) || source_[cursor_] == ',' || source_[cursor_] == ':') ++cursor_;
    token_ = cursor_;
  }

  JsonNode& add(JsonKind kind) {
    auto& nodes = document_.nodes_;
    const auto index = static_cast<std::uint32_t>(nodes.size());
    const std::uint32_t parent = open_.empty() ? 0 : open_.back();
    nodes.push_back({kind, parent, index + 1, 0, {}, {}, {}});
    if (!open_.empty()) ++nodes[parent].count;
    if (!open_.empty() && nodes[parent].kind == JsonKind::object) nodes.back().name = name_;
    return nodes.back();
  }

  bool scalar(JsonKind kind, std::size_t length) {
    find_token();
    cursor_ += length;
    add(kind).raw = source_.substr(token_, length);
    return true;
  }

  bool number(bool finite = true) {
    find_token();
    std::size_t end = token_;
    while (end < source_.size() && is_number_char(source_[end])) ++end;
    scalar(JsonKind::number, end - token_);
    if (finite) return true;
    throw Invalid(document_.pointer(static_cast<std::uint32_t>(document_.nodes_.size() - 1)),
                  "a number that no program can hold");
  }

  bool append(std::string_view part) {
    unescaped_ += part;
    return true;
  }

  std::string_view take_string(std::string_view rest) {
    if (unescaped_.empty() && token_ + 1 + rest.size() < source_.size() && rest.data() == source_.data() + token_ + 1) {
      cursor_ = token_ + rest.size() + 2;  // it stands in the source as it is
      return rest;
    }
    for (++cursor_; source_[cursor_] != '"'; ++cursor_) {
      if (source_[cursor_] == '\\') ++cursor_;
    }
    ++cursor_;
    append(rest);
    return document_.unescaped_.emplace_front(std::exchange(unescaped_, {}));
  }

  bool open(JsonKind kind) {
    find_token();
    add(kind).raw = source_.substr(token_, 1);
    const auto index = static_cast<std::uint32_t>(document_.nodes_.size() - 1);
    if (open_.size() == max_depth) throw Invalid(document_.pointer(index), "nested deeper than 64 levels");
    ++cursor_;
    open_.push_back(index);
    return true;
  }

  bool close() {
    while (is_space(source_[cursor_])) ++cursor_;
    ++cursor_;
    JsonNode& node = document_.nodes_[open_.back()];
    const auto start = static_cast<std::size_t>(node.raw.data() - source_.data());
    node.raw = source_.substr(start, cursor_ - start);
    node.next = static_cast<std::uint32_t>(document_.nodes_.size());
    open_.pop_back();
    return true;
  }

  void refuse_duplicates(std::uint32_t object) {
    document_.nodes_[object].next = static_cast<std::uint32_t>(document_.nodes_.size());
    names_.clear();
    document_.for_each_child(object, [&](std::uint32_t child) {
      names_.push_back(child);
      return true;
    });
    const auto by_name = [&](std::uint32_t a, std::uint32_t b) {
      return document_.nodes_[a].name < document_.nodes_[b].name;
    };
    const auto same = [&](std::uint32_t a, std::uint32_t b) {
      return document_.nodes_[a].name == document_.nodes_[b].name;
    };
    std::sort(names_.begin(), names_.end(), by_name);
    const auto twice = std::adjacent_find(names_.begin(), names_.end(), same);
    if (twice != names_.end()) throw Invalid(document_.pointer(*twice), "a member that is there twice");
  }

  JsonDocument& document_;
  std::string_view source_;
  std::string_view name_;
  std::string unescaped_;
  std::size_t cursor_ = 0, token_ = 0;
  std::vector<std::uint32_t> open_, names_;
};

std::shared_ptr<const JsonDocument> JsonDocument::parse(std::string_view text) {
  if (text.size() >= std::numeric_limits<std::uint32_t>::max()) not_json(0, "longer than 4 GiB");
  auto document = std::make_shared<JsonDocument>();
  document->source_ = text;
  json::basic_parser<JsonBuilder> parser(options(), *document);
  const std::size_t begin = parser.handler().begin();
  json::error_code fault;
  std::size_t end = begin + parser.write_some(false, document->source_.data() + begin, text.size() - begin, fault);
  if (fault) not_json(end + 1, event::is_utf8(text) ? fault.message() : "it is not UTF-8");
  while (end < text.size() && is_space(text[end])) ++end;
  if (end != text.size()) not_json(end + 1, "something follows the end");
  return document;
}

}  // namespace holdfast::detail
