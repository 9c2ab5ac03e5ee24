// The limits on RabbitMQ: a bare rabbitmq-c program, one connection, one channel.
// Threads: one at a time. Errors: std::runtime_error.
#pragma once
#include <amqp.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "bench/message.hpp"

namespace holdfast::bench {

class BareRabbit {
 public:
  explicit BareRabbit(std::string url);
  ~BareRabbit();
  BareRabbit(const BareRabbit&) = delete;

  void exchange(const std::string& name);
  /// A new quorum queue, empty, bound to all of the exchange. exchange "": bound to nothing.
  void queue(const std::string& name, const std::string& exchange);

  /// Each with the properties and headers that Holdfast gives it, persistent and mandatory; at most `window` without a confirm.
  /// Returns messages a second. The routing key is the type, or to_queue.
  double publish(const std::string& exchange, int count, int window, const std::function<Message(int)>& message,
                 const std::string& to_queue = "");
  /// Until took() says false; an ack for each `ack_every`.
  void consume(const std::string& queue, int prefetch, int ack_every,
               const std::function<bool(std::string_view)>& took);

 private:
  void check(const char* what);
  void send(const std::string& exchange, const Message& message, const std::string& routing_key);
  int read_confirms(bool wait);

  amqp_connection_state_t connection_;
  std::uint64_t confirmed_up_to_ = 0;
};

}  // namespace holdfast::bench
