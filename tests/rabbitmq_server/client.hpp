// Another program's AMQP client: what it does to queues, bindings and messages is nothing that Holdfast would do.
#pragma once
#include <optional>

#include "transport/rabbitmq/channel.hpp"

namespace holdfast::rabbit_test {

class Client : private transport::rabbitmq::Sink {
 public:
  explicit Client(const std::string& url);

  void unbind(const std::string& queue, const std::string& exchange, const std::string& pattern);
  void remove_queue(const std::string& queue);
  void remove_exchange(const std::string& exchange);
  void declare(const std::string& queue, transport::rabbitmq::Table arguments);
  /// To a queue; mandatory, and returns when the broker has it.
  void publish(const std::string& queue, const amqp_basic_properties_t& properties, const std::string& body);
  std::int64_t ready(const std::string& queue);
  transport::rabbitmq::Channel& channel() { return channel_; }

 private:
  void frame(const amqp_frame_t& frame) override;

  transport::rabbitmq::Settings settings_;
  transport::rabbitmq::Bell bell_;
  transport::rabbitmq::Connection connection_;
  transport::rabbitmq::Channel channel_;
  int confirmed_ = 0;
};

}  // namespace holdfast::rabbit_test
