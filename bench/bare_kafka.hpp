// The limit on Kafka: a bare librdkafka producer, idempotent, acks=all, its queue as long as ours.
// Threads: one at a time. Errors: std::runtime_error.
#pragma once
#include <librdkafka/rdkafka.h>

#include <functional>
#include <string>

#include "bench/message.hpp"

namespace holdfast::bench {

class BareKafka {
 public:
  /// servers: host:port.
  explicit BareKafka(const std::string& servers);
  ~BareKafka() { rd_kafka_destroy(producer_); }
  BareKafka(const BareKafka&) = delete;

  void topic(const std::string& name, int partitions);
  /// Each with the key, headers and body that Holdfast gives it, to the topic of its type. Messages a second.
  double publish(int count, const std::function<Message(int)>& message);

 private:
  rd_kafka_t* producer_;
};

}  // namespace holdfast::bench
