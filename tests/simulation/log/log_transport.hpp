// The simulated broker of logs behind the ports of a transport, for the conformance suite.
#pragma once
#include "ports/transport_base.hpp"
#include "simulation/log/log_broker.hpp"

namespace sim {

class LogTransport : public holdfast::detail::TransportBase, private ports::Topology {
 public:
  explicit LogTransport(LogBroker& broker) : broker_(broker) {}

  std::string name() const override { return "simulated logs"; }
  ports::Topology& topology() override { return *this; }
  std::unique_ptr<ports::Publisher> publisher() override;
  std::unique_ptr<ports::Receiver> receiver(const ports::Queue& queue, const std::string& instance) override;
  std::unique_ptr<ports::Receiver> dead_letters(const std::string& queue, const std::string& instance) override;

 private:
  /// A queue is a group. It reads the topics that its patterns match, and one of its own name, for what is sent to it alone.
  ports::Declared declare(const ports::Queue& queue) override;
  Depth depth(const std::string& queue) override;

  LogBroker& broker_;
};

}  // namespace sim
