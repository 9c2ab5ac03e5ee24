// Which topic an event goes to, which topics a consumer reads, what belongs to a queue: "inventory.order-created.q" is a group,
// a topic of that name for what is sent to this consumer alone, and a dead-letter topic.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/topology.hpp"

namespace holdfast::transport::kafka {

/// "inventory.order-created.q" -> "inventory.order-created"
std::string group_of(const std::string& queue);
/// "inventory.order-created.q" -> "inventory.order-created.dlt"
std::string dead_letter_topic(const std::string& queue);
/// Up to 249 of a-z, A-Z, 0-9, '.', '_', '-'.
bool is_topic_name(std::string_view name);

/// What broker.topics says.
class TopicMap {
 public:
  TopicMap() = default;
  explicit TopicMap(std::string_view rules);  // "order.*=orders, stock.#=stock"; Invalid

  const std::string& topic_of(const std::string& type) const;
  /// Topics of types that one of these patterns may match.
  std::vector<std::string> shared_by(const std::vector<std::string>& patterns) const;
  /// Several types may be in it: what it holds says itself which it is.
  bool is_shared(std::string_view topic) const;

 private:
  struct Rule {
    std::string pattern, topic;
  };
  std::vector<Rule> rules_;
};

/// Is there a type that both match?
bool overlap(std::string_view one, std::string_view other);
/// Has this queue any use for an event of this type?
bool wants(const ports::Queue& queue, std::string_view type);

}  // namespace holdfast::transport::kafka
