// Another program's AMQP client: what it does to queues, bindings and messages is nothing that Holdfast would do.
#pragma once
#include <functional>
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
  void declare_exchange(const std::string& name, const char* type, transport::rabbitmq::Table arguments);
  /// To a queue; mandatory, and returns when the broker has it.
  void publish(const std::string& queue, const amqp_basic_properties_t& properties, const std::string& body);
  std::int64_t ready(const std::string& queue);
  struct Taken {
    std::uint64_t tag = 0;
    std::string properties, body;  // the first as they are on the wire
  };
  /// The first message of a queue; it is this client's until it is settled or gone.
  std::optional<Taken> take(const std::string& queue);
  void reject(const Taken& taken, bool requeue);
  /// The first message of a queue into another one, byte for byte, as a shovel does it; more times, as one that was
  /// interrupted does it. false: there was none.
  bool move(const std::string& from, const std::string& to, int times = 1);
  void purge(const std::string& queue);
  transport::rabbitmq::Channel& channel() { return channel_; }

 private:
  void frame(const amqp_frame_t& frame) override;
  void method(const amqp_frame_t& frame);
  void content(const amqp_frame_t& frame);
  /// Serves until it holds.
  void await(const char* what, const std::function<bool()>& so);

  transport::rabbitmq::Settings settings_;
  transport::rabbitmq::Bell bell_;
  transport::rabbitmq::Connection connection_;
  transport::rabbitmq::Channel channel_;
  int confirmed_ = 0;
  bool answered_ = false;  // what was asked of take()
  std::uint64_t missing_ = 0;  // of the body
  Taken taken_;  // tag 0: none
};

}  // namespace holdfast::rabbit_test
