// A vhost of the one server, and the ports of a transport on it.
#pragma once
#include <gtest/gtest.h>

#include <csignal>
#include <functional>

#include "holdfast/rabbitmq.hpp"
#include "ports/transport_base.hpp"
#include "rabbitmq_server/brokers.hpp"
#include "rabbitmq_server/client.hpp"

namespace holdfast::rabbit_test {

using ports::Outcome;
using Results = std::vector<ports::PublishResult>;
using Bodies = std::vector<std::string>;

/// The server does not run while this lives.
struct Stopped {
  Stopped() { kill(server().pid(), SIGSTOP); }
  ~Stopped() { kill(server().pid(), SIGCONT); }
};

/// The broker takes no message of more than 100,000 bytes while this lives. RabbitMQ 4 looks at the term, those before it at the setting.
struct SmallMessages {
  SmallMessages() { set(100'000); }
  ~SmallMessages() { set(134'217'728); }
  static void set(int most) {
    const auto bytes = std::to_string(most);
    server().ctl({"eval", "application:set_env(rabbit, max_message_size, " + bytes +
                              "), persistent_term:put(max_message_size, " + bytes + ")."});
  }
};

/// The broker thinks that it has no memory left, while this lives.
struct MemoryAlarm {
  MemoryAlarm() { set("0"); }
  ~MemoryAlarm() { set("0.4"); }
  static void set(const std::string& watermark) { server().ctl({"set_vm_memory_high_watermark", watermark}); }
};

struct RabbitTest : ::testing::Test {
  using Transport = std::shared_ptr<detail::TransportBase>;

  static Transport open(holdfast::rabbitmq::Options options) {
    return holdfast::rabbitmq::open(std::move(options)).impl();
  }
  std::unique_ptr<ports::Receiver> subscribe(const ports::Queue& queue);
  static ports::OutgoingEvent event(const std::string& body, std::optional<std::string> key = "1");
  static ports::OutgoingEvent to(const std::string& queue, const std::string& body);

  static ports::Tick now() { return ports::system_clock().steady(); }
  static ports::Tick soon() { return now() + std::chrono::seconds(60); }
  /// By a session of its own; as many results, sorted by token = place.
  Results publish(const std::vector<ports::OutgoingEvent>& events);
  /// Until so many results are there, or it is closed.
  static ports::SessionState pump(ports::Publisher& publisher, Results& results, std::size_t count);
  static std::vector<ports::Delivery> take(ports::Receiver& receiver, std::size_t count);
  static bool eventually(ports::Receiver& receiver, const std::function<bool(const ports::Received&)>& holds);
  static void ack(ports::Receiver& receiver, const std::vector<ports::Delivery>& events);
  static Bodies bodies(const std::vector<ports::Delivery>& events);
  /// How many of them came out so.
  static std::ptrdiff_t count(const Results& results, Outcome outcome);
  /// What f throws, which must be an E.
  template <class E, class F>
  static std::string why(F&& f) {
    try {
      f();
    } catch (const E& e) { return e.what(); }
    ADD_FAILURE() << "nothing was thrown";
    return "";
  }

  Vhost vhost;
  Transport broker = open(vhost.options());
};

}  // namespace holdfast::rabbit_test
