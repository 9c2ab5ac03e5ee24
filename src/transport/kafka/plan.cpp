#include "transport/kafka/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "ports/topic.hpp"

namespace holdfast::transport::kafka {
namespace {

constexpr int safe_copies = 3;  // of which two must have an event before it is confirmed

bool has_wildcard(const std::string& pattern) { return pattern.find_first_of("*#") != pattern.npos; }

std::string millis(std::chrono::hours span) { return std::to_string(ports::Millis(span).count()); }

std::string in_words(std::int64_t ms) {
  if (ms < 0) return "for ever";
  return ms % 3'600'000 == 0 ? fmt::format("for {} h", ms / 3'600'000) : fmt::format("for {} ms", ms);
}

std::string before_wildcard(const std::string& pattern) { return pattern.substr(0, pattern.find_first_of("*#")); }

/// Of kafka-acls.sh; '*' by itself is all of them.
std::string topics_like(const std::string& pattern) {
  const auto begin = before_wildcard(pattern);
  return begin.empty() ? "--topic '*'" : "--resource-pattern-type prefixed --topic '" + begin + "'";
}

}  // namespace

NewTopic planned_topic(const Settings& settings, const std::string& name) {
  NewTopic topic{name, settings.options.partitions, settings.options.replication, {}};
  topic.settings = {{"cleanup.policy", "delete"},
                    {"max.message.bytes", std::to_string(settings.topic_bytes)},
                    {"retention.ms", millis(settings.options.keep_published)}};
  if (topic.copies >= safe_copies) topic.settings["min.insync.replicas"] = "2";
  return topic;
}

std::vector<NewTopic> plan(const Settings& settings, const ports::Queue& queue) {
  std::set<std::string> names;
  for (const auto& type : queue.types) names.insert(settings.topics.topic_of(type));
  for (const auto& pattern : queue.patterns)
    if (!has_wildcard(pattern)) names.insert(settings.topics.topic_of(pattern));
  for (const auto& shared : settings.topics.shared_by(queue.patterns)) names.insert(shared);
  names.erase(queue.name);
  std::vector<NewTopic> all;
  for (const auto& name : names) all.push_back(planned_topic(settings, name));
  // One partition is enough for what is seldom, and leaves an instance no share of nothing.
  all.push_back(planned_topic(settings, queue.name)), all.back().partitions = 1;
  all.push_back(planned_topic(settings, dead_letter_topic(queue.name))), all.back().partitions = 1;
  all.back().settings["retention.ms"] = millis(settings.options.dedupe_window);
  return all;
}

Role role_of(const std::string& topic, const ports::Queue& queue) {
  return topic == queue.name ? Role::own : topic == dead_letter_topic(queue.name) ? Role::dead_letters : Role::events;
}

std::string to_text(const NewTopic& topic) {
  std::string text = fmt::format("topic {}, {} partitions", topic.name, topic.partitions);
  if (topic.copies > 0) text += fmt::format(", {} copies", topic.copies);
  for (const auto& [name, value] : topic.settings) text += fmt::format(", {}={}", name, value);
  return text;
}

std::vector<std::string> read_by(const Settings& settings, const ports::Queue& queue, const Topics& all) {
  const auto shared = settings.topics.shared_by(queue.patterns);
  std::vector<std::string> names;
  for (const auto& [name, facts] : all) {
    const bool of_its_types = wants(queue, name) && !name.ends_with(".dlt") && !name.starts_with("__");
    if (of_its_types || name == queue.name || std::ranges::binary_search(shared, name)) names.push_back(name);
  }
  return names;
}

std::string unfit(const TopicFacts& topic, int partitions) {
  if (topic.partitions < partitions)
    return fmt::format(
        "has {} partitions, and {} are configured: add partitions, or set broker.partitions to what all topics have",
        topic.partitions, partitions);
  if (topic.text("cleanup.policy").find("compact") != std::string::npos)
    return "is compacted: Kafka would delete all but the last event of each key; set its cleanup.policy to delete";
  return "";
}

std::string unused_partitions(const TopicFacts& topic, int partitions) {
  if (topic.partitions <= partitions) return "";
  return fmt::format(
      "has {} partitions, and {} are configured: the others are read and not written to, for a key would change its "
      "partition; to use them, stop all publishers, let consumers empty the topic, and set broker.partitions",
      topic.partitions, partitions);
}

Findings judge(const Settings& settings, const std::string& name, const TopicFacts& topic, Role role) {
  const auto& o = settings.options;
  const bool of_events = role != Role::dead_letters;
  Findings found;
  const auto fault = [&](const std::string& text) { found.faults.push_back("topic " + name + " " + text); };
  const auto warn = [&](const std::string& text) { found.warnings.push_back("topic " + name + " " + text); };
  const int partitions = role == Role::events ? o.partitions : topic.partitions;
  if (const auto why = unfit(topic, partitions); !why.empty()) fault(why);
  if (const auto more = unused_partitions(topic, partitions); !more.empty()) warn(more);
  const auto retention = topic.number("retention.ms");
  if (of_events && retention && (*retention < 0 || *retention > ports::Millis(o.dedupe_window).count()))
    fault(fmt::format(
        "keeps events {}, longer than the inbox knows duplicates ({}): a group that begins anew would be given "
        "events that it can no longer tell; set its retention.ms lower, or retention.inbox higher",
        in_words(*retention), in_words(ports::Millis(o.dedupe_window).count())));
  if (of_events && retention && *retention >= 0 && *retention < ports::Millis(o.keep_published).count())
    warn(fmt::format(
        "keeps events {}, shorter than the outbox can send them again ({}): a consumer that is down for longer "
        "loses them; set its retention.ms higher",
        in_words(*retention), in_words(ports::Millis(o.keep_published).count())));
  if (const auto in_sync = topic.number("min.insync.replicas"); in_sync && *in_sync < 2)
    warn(
        "confirms what one broker alone has (min.insync.replicas 1): that broker's end may lose it; keep 3 copies and "
        "set 2");
  return found;
}

std::string permissions(const Settings& settings, const std::string& user, const std::vector<ports::Queue>& queues) {
  const std::string begin = fmt::format("kafka-acls.sh --bootstrap-server {} --add --allow-principal 'User:{}' ",
                                        settings.broker.servers, user);
  const bool declares = settings.options.topology == holdfast::kafka::Topology::declare;
  const std::string look = "--operation Describe --operation DescribeConfigs ";
  std::string text = begin + look + "--operation Write " + (declares ? "--operation Create " : "") + "--topic '*'";
  for (const auto& queue : queues) {
    std::string topics;
    for (const auto& topic : plan(settings, queue)) topics += fmt::format(" --topic '{}'", topic.name);
    text += "\n" + begin + look + "--operation Read" + topics;
    for (const auto& pattern : queue.patterns)
      if (has_wildcard(pattern)) text += "\n" + begin + look + "--operation Read " + topics_like(pattern);
    text += fmt::format("\n{}--operation Read --operation Describe --resource-pattern-type prefixed --group '{}'",
                        begin, group_of(queue.name));
  }
  return text;
}

}  // namespace holdfast::transport::kafka
