// What is behind a Transport: makes the sessions. Threads: any. Opening one connects; Unavailable where that fails.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "ports/clock.hpp"
#include "ports/publisher.hpp"
#include "ports/receiver.hpp"
#include "ports/topology.hpp"

namespace holdfast::ports {

/// How traces name it, by OpenTelemetry's conventions for messaging.
struct BusName {
  std::string system;         // messaging.system
  std::string exchange = {};  // "": an event goes to what its type names
  std::string server = {};
  int port = 0;  // 0: a file, or several servers
  std::function<std::string(const std::string& type)> topic_of = {};  // where consumers read topics and have no queues
};

}  // namespace holdfast::ports

namespace holdfast::detail {

class TransportBase {
 public:
  virtual ~TransportBase() = default;
  virtual std::string name() const = 0;  // for logs, without secrets: "sqlite:bus.db"
  virtual ports::BusName bus() const { return {"holdfast"}; }
  virtual ports::Topology& topology() = 0;
  virtual std::unique_ptr<ports::Publisher> publisher() = 0;
  /// The queue has been declared. instance: who receives, unique for each process and receiver.
  virtual std::unique_ptr<ports::Receiver> receiver(const ports::Queue& queue, const std::string& instance) = 0;
  /// Of the queue's DLQ, for the import.
  virtual std::unique_ptr<ports::Receiver> dead_letters(const std::string& queue, const std::string& instance) = 0;
};

}  // namespace holdfast::detail
