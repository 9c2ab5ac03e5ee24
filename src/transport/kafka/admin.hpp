// What brokers are asked beside publishing and receiving: topics, their settings, offsets. Each call blocks, for answer_timeout at most.
// Threads: as the client. Errors: Failed.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "transport/kafka/client.hpp"

namespace holdfast::transport::kafka {

struct TopicFacts {
  int partitions = 0, copies = 0;
  // As the broker keeps it; not there: it would not say.
  std::map<std::string, std::string> settings = {};
  std::optional<std::int64_t> number(const std::string& setting) const;
  std::string text(const std::string& setting) const;
};
using Topics = std::map<std::string, TopicFacts>;

struct NewTopic {
  std::string name;
  int partitions, copies;  // copies 0: the broker's default
  std::map<std::string, std::string> settings;
};

struct Place {
  std::string topic;
  int partition = 0;
  auto operator<=>(const Place&) const = default;
};
struct Marks {
  std::int64_t low = 0, high = 0;
};

class Admin {
 public:
  Admin(rd_kafka_t* handle, ports::Millis timeout) : handle_(handle), timeout_(static_cast<int>(timeout.count())) {}

  /// Partitions and copies only. Each of the known that the list lacks is asked for by its name too: a list was seen that lacked topics
  /// which were there before and after.
  Topics all_topics(const std::vector<std::string>& known = {}) const;
  /// Those of these that are there, with their settings.
  Topics look(const std::vector<std::string>& names) const;
  std::optional<TopicFacts> look(const std::string& name) const;
  void create(const std::vector<NewTopic>& topics) const;  // one that is there already stays as it is
  Marks marks(const Place& place) const;
  /// Where a group goes on; a partition that it never committed is not there.
  std::map<Place, std::int64_t> offsets(const std::string& group, const Topics& topics) const;

 private:
  Topics topics(rd_kafka_topic_t* one) const;
  Topics topic(const std::string& name) const;
  void describe(Topics& topics) const;
  Event answer(const Queue& queue, const std::string& what) const;

  rd_kafka_t* const handle_;
  const int timeout_;
};

}  // namespace holdfast::transport::kafka
