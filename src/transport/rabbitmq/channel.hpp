// A channel's verbs, each with its answer. All throw Closed where the broker refuses: the channel is over then.
#pragma once
#include "transport/rabbitmq/connection.hpp"
#include "transport/rabbitmq/table.hpp"

namespace holdfast::transport::rabbitmq {

struct QueueState {
  std::int64_t ready = 0, consumers = 0;
};

class Channel {
 public:
  Channel(Connection& connection, amqp_channel_t number) : connection_(connection), number_(number) {}

  void open();
  void close(ports::Millis patience);
  void confirm_publishes();
  void exchange(const std::string& name, const char* type);
  void find_exchange(const std::string& name);
  void queue(const std::string& name, Table arguments);
  QueueState find_queue(const std::string& name);
  void bind(const std::string& queue, const std::string& exchange, const std::string& pattern);
  /// Another consumer of the channel, with a prefetch of its own.
  void consume(const std::string& queue, const std::string& tag, int prefetch);

  // Without an answer, or with one that comes to the sink.
  void ask(const std::string& queue);  // AMQP_QUEUE_DECLARE_OK_METHOD
  void ack(std::uint64_t tag, bool and_all_before);

 private:
  template <class Method>
  const amqp_frame_t& call(amqp_method_number_t id, Method method, amqp_method_number_t answer) {
    return connection_.call(number_, id, &method, answer);
  }

  Connection& connection_;
  const amqp_channel_t number_;
};

}  // namespace holdfast::transport::rabbitmq
