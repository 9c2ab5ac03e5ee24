// What a queue needs on the brokers, what a topic must be like, who needs which rights: the one place that says so.
#pragma once
#include "transport/kafka/admin.hpp"

namespace holdfast::transport::kafka {

NewTopic planned_topic(const Settings& settings, const std::string& name);
/// Those that can be named before the first event: of types without wildcard, shared ones, the queue's own two.
std::vector<NewTopic> plan(const Settings& settings, const ports::Queue& queue);
/// "topic order.created.v1, 12 partitions, retention.ms=604800000"
std::string to_text(const NewTopic& topic);

/// Of these, what the queue reads: all but dead letters. The topics of its patterns, shared ones, its own.
std::vector<std::string> read_by(const Settings& settings, const ports::Queue& queue, const Topics& all);

struct Findings {  // each says what to do
  std::vector<std::string> faults, warnings;
};
enum class Role { events, own, dead_letters };  // own: what is sent to one queue alone
Role role_of(const std::string& topic, const ports::Queue& queue);
Findings judge(const Settings& settings, const std::string& name, const TopicFacts& topic, Role role);

/// Why nothing may be published to it, "": it may. partitions: what is written to.
std::string unfit(const TopicFacts& topic, int partitions);
/// "": it has no more than are written to.
std::string unused_partitions(const TopicFacts& topic, int partitions);

/// Commands, a line each: the least that a program with these queues can do with.
std::string permissions(const Settings& settings, const std::string& user, const std::vector<ports::Queue>& queues);

}  // namespace holdfast::transport::kafka
