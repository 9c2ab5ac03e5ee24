// The simulated broker behind the ports of a transport, for the conformance suite.
#pragma once
#include "ports/transport_base.hpp"
#include "simulation/broker/queue_broker.hpp"

namespace sim {

class QueueTransport : public holdfast::detail::TransportBase, private ports::Topology {
 public:
  explicit QueueTransport(QueueBroker& broker) : broker_(broker) {}

  std::string name() const override { return "simulated"; }
  ports::Topology& topology() override { return *this; }
  std::unique_ptr<ports::Publisher> publisher() override;
  std::unique_ptr<ports::Receiver> receiver(const ports::Queue& queue, const std::string& instance) override;
  std::unique_ptr<ports::Receiver> dead_letters(const std::string& queue, const std::string& instance) override;
  void remove_binding(const std::string& queue, const std::string& pattern);

 private:
  ports::Declared declare(const ports::Queue& queue) override;
  Depth depth(const std::string& queue) override;

  QueueBroker& broker_;
  std::map<std::string, std::set<std::string>> ever_bound_;  // by queue
};

}  // namespace sim
