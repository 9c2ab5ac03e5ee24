// Reads RFC 8259 strictly, in one pass, into the nodes of a document. Our own, because every event passes here several
// times: a SAX library gave no positions in the source and took four times as long. The tests compare verdicts with it.
#include <algorithm>
#include <limits>

#include "event/json_document.hpp"
#include "event/json_text.hpp"
#include "event/number.hpp"
#include "event/utf8.hpp"
#include "holdfast/detail/json.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::detail {

namespace {
constexpr std::size_t max_depth = 64;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
}  // namespace

class JsonParser {
 public:
  explicit JsonParser(JsonDocument& document)
      : nodes_(document.nodes_), unescaped_(document.unescaped_), document_(document), source_(document.source_) {
    nodes_.reserve(source_.size() / 16 + 8);
    if (source_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
  }

  void run() {
    value(0, {});
    skip_space();
    if (at_ != source_.size()) not_json(at_, "something follows the end");
  }

 private:
  char peek() const { return at_ < source_.size() ? source_[at_] : '\0'; }

  void skip_space() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') ++at_;
  }

  bool take(char wanted) {
    skip_space();
    if (peek() != wanted) return false;
    ++at_;
    return true;
  }

  [[noreturn]] void unexpected(std::string_view wanted) const {
    if (at_ >= source_.size()) not_json(at_, "the text ends too early");
    not_json(at_, std::string(wanted) + " is expected");
  }

  void value(std::uint32_t parent, std::string_view name) {
    skip_space();
    switch (peek()) {
      case '{': return object(add(JsonKind::object, parent, name));
      case '[': return array(add(JsonKind::array, parent, name));
      case '"': return string(add(JsonKind::string, parent, name));
      case 't': return scalar(add(JsonKind::boolean, parent, name), literal("true"));
      case 'f': return scalar(add(JsonKind::boolean, parent, name), literal("false"));
      case 'n': return scalar(add(JsonKind::null, parent, name), literal("null"));
      default: return scalar(add(JsonKind::number, parent, name), event::number_length(source_.substr(at_)));
    }
  }

  std::uint32_t add(JsonKind kind, std::uint32_t parent, std::string_view name) {
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({kind, parent, index + 1, 0, name, {}, source_.substr(at_, 1)});
    if (index != 0) ++nodes_[parent].count;
    return index;
  }

  void finish(std::uint32_t index) {
    JsonNode& node = nodes_[index];
    const auto start = static_cast<std::size_t>(node.raw.data() - source_.data());
    node.raw = source_.substr(start, at_ - start);
    node.next = static_cast<std::uint32_t>(nodes_.size());
  }

  std::size_t literal(std::string_view text) const { return source_.substr(at_).starts_with(text) ? text.size() : 0; }

  void scalar(std::uint32_t index, std::size_t length) {
    if (length == 0) unexpected("a value");
    at_ += length;
    finish(index);
  }

  void string(std::uint32_t index) {
    nodes_[index].text = quoted();
    finish(index);
  }

  void enter(std::uint32_t index) {
    if (++depth_ > max_depth) throw Invalid(document_.pointer(index), "nested deeper than 64 levels");
    ++at_;
  }

  void leave(std::uint32_t index) {
    --depth_;
    finish(index);
  }

  void array(std::uint32_t index) {
    enter(index);
    if (!take(']')) {
      do value(index, {});
      while (take(','));
      if (!take(']')) unexpected("',' or ']'");
    }
    leave(index);
  }

  void object(std::uint32_t index) {
    enter(index);
    if (!take('}')) {
      do member(index);
      while (take(','));
      if (!take('}')) unexpected("',' or '}'");
    }
    leave(index);
    refuse_duplicates(index);
  }

  void member(std::uint32_t parent) {
    skip_space();
    if (peek() != '"') unexpected("a member's name");
    const std::string_view name = quoted();
    if (!take(':')) unexpected("':'");
    value(parent, name);
  }

  std::string_view quoted() {
    const JsonText text = scan_text(source_, at_);
    at_ = text.end;
    return text.escaped ? unescaped_.emplace_front(unescape(source_, text)) : text.between(source_);
  }

  void refuse_duplicates(std::uint32_t object) {
    by_name_.clear();
    document_.for_each_child(object, [&](std::uint32_t child) { return by_name_.push_back(child), true; });
    const auto name = [&](std::uint32_t child) { return nodes_[child].name; };
    std::ranges::sort(by_name_, {}, name);
    const auto twice = std::ranges::adjacent_find(by_name_, {}, name);
    if (twice != by_name_.end()) throw Invalid(document_.pointer(*twice), "a member that is there twice");
  }

  std::vector<JsonNode>& nodes_;
  std::forward_list<std::string>& unescaped_;
  const JsonDocument& document_;
  const std::string_view source_;
  std::size_t at_ = 0, depth_ = 0;
  std::vector<std::uint32_t> by_name_;
};

std::shared_ptr<const JsonDocument> JsonDocument::parse(std::string_view text) {
  if (text.size() >= std::numeric_limits<std::uint32_t>::max()) not_json(0, "longer than 4 GiB");
  auto document = std::make_shared<JsonDocument>();
  document->source_ = text;
  JsonParser(*document).run();
  return document;
}

}  // namespace holdfast::detail
