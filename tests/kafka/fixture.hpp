// An empty broker, and the ports of a transport on it.
#pragma once
#include <gtest/gtest.h>

#include <functional>

#include "holdfast/errors.hpp"
#include "kafka_server/brokers.hpp"
#include "ports/transport_base.hpp"
#include "transport/kafka/open.hpp"

namespace holdfast::kafka_test {

using ports::Outcome;
using Results = std::vector<ports::PublishResult>;
using Bodies = std::vector<std::string>;
using Broker = std::shared_ptr<detail::TransportBase>;
using transport::kafka::Settings;

struct KafkaTest : ::testing::Test {
  KafkaTest() { op.empty(); }

  static Broker open(Settings settings) { return transport::open_kafka(std::move(settings)).impl(); }
  static ports::OutgoingEvent event(const std::string& body, std::optional<std::string> key = "1",
                                    const std::string& type = "order.created.v1");
  static ports::Tick now() { return ports::system_clock().steady(); }
  static ports::Tick soon() { return now() + std::chrono::seconds(60); }
  /// By a session of its own; as many results, sorted by token = place.
  static Results publish(Broker& broker, const std::vector<ports::OutgoingEvent>& events);
  static Results pump(ports::Publisher& publisher, std::size_t count);
  /// Pumps all of them until it holds of what the first got, and says whether it ever did.
  static bool eventually(const std::vector<ports::Receiver*>& receivers,
                         const std::function<bool(const ports::Received&)>& holds);
  static std::vector<ports::Delivery> take(ports::Receiver& receiver, std::size_t count, int credit = 1'000);
  static void ack(ports::Receiver& receiver, const std::vector<ports::Delivery>& events);
  static Bodies bodies(const std::vector<ports::Delivery>& events);
  Bodies stored(const std::string& topic) const;
  /// What f throws, which must be an E.
  template <class E, class F>
  static std::string why(F&& f) {
    try {
      f();
    } catch (const E& e) { return e.what(); }
    ADD_FAILURE() << "nothing was thrown";
    return "";
  }

  const Operator op{server().servers()};
  Broker broker = open(settings(server().url()));
};

}  // namespace holdfast::kafka_test
