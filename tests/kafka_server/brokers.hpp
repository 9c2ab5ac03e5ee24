// One Kafka broker for the whole test program; each test begins with no topics and no groups.
#pragma once
#include <string>
#include <vector>

#include "demo/servers/kafka.hpp"
#include "transport/kafka/settings.hpp"

namespace holdfast::kafka_test {

servers::Kafka& server();

/// A client of its own, as an operator's: who is not asked may do all.
class Operator {
 public:
  explicit Operator(std::string servers);
  void empty() const;  // no topics, no groups, any more
  void make(const std::string& topic, int partitions, const std::map<std::string, std::string>& settings = {}) const;
  void grow(const std::string& topic, int partitions) const;
  void set(const std::string& topic, const std::string& name, const std::string& value) const;
  void remove(const std::string& topic) const;
  /// All on topics and groups whose names begin so, and to look at any.
  void allow(const std::string& user, const std::string& prefix) const;
  /// Of a partition, all before.
  void cut(const std::string& topic, int partition, std::int64_t before) const;
  struct Record {
    std::string key, value;
    std::map<std::string, std::string> headers;
    int partition = 0;
    std::int64_t offset = 0;
  };
  void publish(const std::string& topic, const Record& record) const;
  std::vector<Record> all(const std::string& topic) const;

 private:
  std::string servers_;
};

/// What this librdkafka can do.
std::vector<kafka::Rebalance> rebalances();
/// Numbers for tests: what takes seconds elsewhere is quick here. One partition, so that order can be told.
transport::kafka::Settings settings(const std::string& url, int partitions = 1);

}  // namespace holdfast::kafka_test
