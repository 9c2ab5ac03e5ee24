#include "transport/kafka/names.hpp"

#include <algorithm>
#include <cctype>

#include "holdfast/errors.hpp"
#include "ports/topic.hpp"

namespace holdfast::transport::kafka {
namespace {

constexpr std::size_t longest_name = 249;

[[noreturn]] void fail(const std::string& why) {
  throw Invalid("broker.topics", why + "; write it as order.*=orders, stock.#=stock");
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// "order.created.v1", "order.created.*" -> "order.created".
std::string_view without_version(std::string_view type) {
  const auto dot = type.rfind('.');
  if (dot == type.npos) return type;
  const auto last = type.substr(dot + 1);
  const bool version =
      last == "*" || (last.size() > 1 && last[0] == 'v' &&
                      std::ranges::all_of(last.substr(1), [](unsigned char c) { return std::isdigit(c); }));
  return version ? type.substr(0, dot) : type;
}

std::string_view first_word(std::string_view text) { return text.substr(0, text.find('.')); }
std::string_view rest_of(std::string_view text) {
  const auto dot = text.find('.');
  return dot == text.npos ? std::string_view() : text.substr(dot + 1);
}

/// ended: nothing of it is left; else its rest begins with a word, which may be empty.
bool overlap(std::string_view a, bool a_ended, std::string_view b, bool b_ended) {
  if (a_ended && b_ended) return true;
  const auto after = [](std::string_view text) { return text.find('.') == text.npos; };
  if (!a_ended && first_word(a) == "#")
    return overlap(rest_of(a), after(a), b, b_ended) || (!b_ended && overlap(a, false, rest_of(b), after(b)));
  if (!b_ended && first_word(b) == "#") return overlap(b, false, a, a_ended);
  if (a_ended || b_ended) return false;
  const auto x = first_word(a), y = first_word(b);
  return (x == "*" || y == "*" || x == y) && overlap(rest_of(a), after(a), rest_of(b), after(b));
}

}  // namespace

std::string group_of(const std::string& queue) { return ports::stem(queue); }

std::string dead_letter_topic(const std::string& queue) { return ports::stem(queue) + ".dlt"; }

bool is_topic_name(std::string_view name) {
  const auto takes = [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '_' || c == '-'; };
  return !name.empty() && name.size() <= longest_name && name != "." && name != ".." &&
         std::ranges::all_of(name, takes);
}

bool overlap(std::string_view one, std::string_view other) { return overlap(one, false, other, false); }

bool wants(const ports::Queue& queue, std::string_view type) {
  return std::ranges::any_of(queue.patterns, [&](const auto& pattern) { return ports::topic_matches(pattern, type); });
}

TopicMap::TopicMap(std::string_view rules) {
  for (std::size_t comma = 0; comma != rules.npos && !trimmed(rules).empty();
       rules.remove_prefix(comma == rules.npos ? 0 : comma + 1)) {
    comma = rules.find(',');
    const auto rule = rules.substr(0, comma);
    const auto sign = rule.find('=');
    if (sign == rule.npos) fail("'" + std::string(trimmed(rule)) + "' has no '='");
    const std::string pattern(trimmed(rule.substr(0, sign))), topic(trimmed(rule.substr(sign + 1)));
    if (pattern.empty()) fail("before '=" + topic + "' a type or pattern is missing");
    if (!is_topic_name(topic)) fail("'" + topic + "' cannot be the name of a topic");
    rules_.push_back({pattern, topic});
  }
}

const std::string& TopicMap::topic_of(const std::string& type) const {
  for (const auto& rule : rules_)
    if (ports::topic_matches(rule.pattern, type) || ports::topic_matches(rule.pattern, without_version(type)))
      return rule.topic;
  return type;
}

std::vector<std::string> TopicMap::shared_by(const std::vector<std::string>& patterns) const {
  std::vector<std::string> topics;
  for (const auto& rule : rules_)
    for (const auto& pattern : patterns)
      if (overlap(rule.pattern, pattern) || overlap(rule.pattern, without_version(pattern)))
        topics.push_back(rule.topic);
  std::ranges::sort(topics);
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  return topics;
}

bool TopicMap::is_shared(std::string_view topic) const {
  return std::ranges::any_of(rules_, [&](const Rule& rule) { return rule.topic == topic; });
}

}  // namespace holdfast::transport::kafka
