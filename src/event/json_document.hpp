// A parsed JSON text: its nodes in the order of the text in one vector, each with the piece of the source it stands on.
#pragma once
#include <cstdint>
#include <forward_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::detail {

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

struct JsonNode {
  JsonKind kind = JsonKind::null;
  std::uint32_t parent = 0;  // of the root: itself
  std::uint32_t next = 0;  // the first node after this one and all within it
  std::uint32_t count = 0;  // children
  std::string_view name;  // of a member, unescaped
  std::string_view text;  // of a string, unescaped
  std::string_view raw;
};

class JsonDocument {
 public:
  /// Throws Invalid, see JsonValue::parse.
  static std::shared_ptr<const JsonDocument> parse(std::string_view text);

  const JsonNode& node(std::uint32_t index) const { return nodes_[index]; }
  std::string pointer(std::uint32_t index) const;

  /// Calls visit(index) for each child, in order, until it returns false.
  template <class Visit>
  void for_each_child(std::uint32_t parent, Visit&& visit) const {
    for (std::uint32_t child = parent + 1; child < nodes_[parent].next; child = nodes_[child].next) {
      if (!visit(child)) return;
    }
  }

 private:
  friend class JsonBuilder;
  std::string source_;
  std::vector<JsonNode> nodes_;
  std::forward_list<std::string> unescaped_;  // texts that differ from the source; they do not move
};

}  // namespace holdfast::detail
