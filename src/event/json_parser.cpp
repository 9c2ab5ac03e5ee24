// The only file that sees the JSON library. Its SAX parser checks the grammar and the UTF-8 and unescapes; a cursor of
// our own follows it through the source, because it does not say where a token stands.
#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "event/json_document.hpp"
#include "holdfast/detail/json.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::detail {

namespace {

constexpr std::size_t max_depth = 64;
constexpr int number_overflow = 406;  // as the library numbers its faults
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_number_char(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

[[noreturn]] void not_json(std::size_t byte, std::string_view why) {
  throw Invalid("byte " + std::to_string(byte), "not JSON: " + std::string(why));
}

/// "... while parsing value - invalid literal; last read: 'x'" -> "invalid literal". The rest would quote raw bytes.
std::string_view reason_in(std::string_view text) {
  text = text.substr(std::min(text.find(" - ") + 3, text.size()));
  return text.substr(0, text.find("; "));
}

}  // namespace

class JsonBuilder {
 public:
  explicit JsonBuilder(JsonDocument& document) : document_(document), source_(document.source_) {
    document_.nodes_.reserve(source_.size() / 16 + 8);
    if (source_.starts_with(byte_order_mark)) cursor_ = byte_order_mark.size();
  }

  void run() {
    nlohmann::json::sax_parse(source_.begin(), source_.end(), this);
    while (cursor_ < source_.size() && is_space(source_[cursor_])) ++cursor_;
    if (cursor_ != source_.size()) not_json(cursor_, "something follows the end");  // the library stops at a NUL
  }

  // What the library calls.
  bool null() { return scalar(JsonKind::null, 4); }
  bool boolean(bool value) { return scalar(JsonKind::boolean, value ? 4 : 5); }
  bool number_integer(std::int64_t) { return number(); }
  bool number_unsigned(std::uint64_t) { return number(); }
  bool number_float(double, const std::string&) { return number(); }
  bool binary(nlohmann::json::binary_t&) { return false; }
  bool string(std::string& value) {
    find_token();
    JsonNode& node = add(JsonKind::string);
    node.text = take_string(value);
    node.raw = source_.substr(token_, cursor_ - token_);
    return true;
  }
  bool key(std::string& value) {
    find_token();
    name_ = take_string(value);
    return true;
  }
  bool start_object(std::size_t) { return open(JsonKind::object); }
  bool start_array(std::size_t) { return open(JsonKind::array); }
  bool end_object() {
    refuse_duplicates(open_.back());
    return close();
  }
  bool end_array() { return close(); }
  bool parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception& fault) {
    if (fault.id == number_overflow) refuse_number();
    not_json(byte, reason_in(fault.what()));
  }

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

  bool number() {
    find_token();
    std::size_t end = token_;
    while (end < source_.size() && is_number_char(source_[end])) ++end;
    return scalar(JsonKind::number, end - token_);
  }

  [[noreturn]] void refuse_number() {
    add(JsonKind::number);
    throw Invalid(document_.pointer(static_cast<std::uint32_t>(document_.nodes_.size() - 1)),
                  "a number that no program can hold");
  }

  std::string_view take_string(std::string& value) {
    for (++cursor_; source_[cursor_] != '"'; ++cursor_) {
      if (source_[cursor_] == '\\') ++cursor_;
    }
    ++cursor_;
    const std::string_view between = source_.substr(token_ + 1, cursor_ - token_ - 2);
    if (between.size() == value.size()) return between;  // every escape is longer than what it stands for
    return document_.unescaped_.emplace_front(std::move(value));
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
  std::size_t cursor_ = 0, token_ = 0;
  std::vector<std::uint32_t> open_, names_;
};

std::shared_ptr<const JsonDocument> JsonDocument::parse(std::string_view text) {
  if (text.size() >= std::numeric_limits<std::uint32_t>::max()) not_json(0, "longer than 4 GiB");
  auto document = std::make_shared<JsonDocument>();
  document->source_ = text;
  JsonBuilder(*document).run();
  return document;
}

}  // namespace holdfast::detail
