// The simulated broker behind the ports of a transport, for the conformance suite.
#pragma once
#include "ports/transport_base.hpp"
#include "simulation/broker/broker.hpp"

namespace sim {

class SimTransport : public holdfast::detail::TransportBase, private ports::Topology {
 public:
  SimTransport(Broker& broker, bool keeps_session_order) : broker_(broker), keeps_session_order_(keeps_session_order) {}

  std::string name() const override { return "simulated"; }
  ports::Topology& topology() override { return *this; }
  std::unique_ptr<ports::Publisher> publisher() override;
  std::unique_ptr<ports::Receiver> receiver(const ports::Queue& queue, const std::string& instance) override;
  std::unique_ptr<ports::Receiver> dead_letters(const std::string& queue, const std::string& instance) override;
  void remove_binding(const std::string& queue, const std::string& pattern);

 private:
  ports::Declared declare(const ports::Queue& queue) override;
  Depth depth(const std::string& queue) override;

  Broker& broker_;
  bool keeps_session_order_;
  std::map<std::string, std::set<std::string>> ever_bound_;  // by queue
};

}  // namespace sim
