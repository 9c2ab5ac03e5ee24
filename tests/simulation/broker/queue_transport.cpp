#include "simulation/broker/queue_transport.hpp"

#include <algorithm>

#include "simulation/broker/publisher.hpp"
#include "simulation/broker/queue_receiver.hpp"

namespace sim {
namespace {

std::string wait_prefix_of(const std::string& queue) { return queue + ".retry."; }

}  // namespace

ports::Declared QueueTransport::declare(const ports::Queue& queue) {
  auto& there = broker_.declare(queue.name);
  there.single_active = queue.by_key;
  there.bound = !queue.patterns.empty() || there.bound;
  broker_.declare(ports::dead_letter_queue(queue.name));
  for (const Millis delay : queue.delays) {
    auto& wait = broker_.declare(wait_prefix_of(queue.name) + std::to_string(delay.count()));
    wait.delay = delay.count(), wait.next = queue.name;
  }
  ports::Declared declared;
  for (const auto& pattern : queue.patterns) {
    const bool known = !ever_bound_[queue.name].insert(pattern).second;
    if (std::ranges::find(there.patterns, pattern) != there.patterns.end()) continue;
    there.patterns.push_back(pattern);
    if (known) declared.restored.push_back(pattern);
  }
  return declared;
}

void QueueTransport::remove_binding(const std::string& queue, const std::string& pattern) {
  std::erase(broker_.queue(queue).patterns, pattern);
}

ports::Topology::Depth QueueTransport::depth(const std::string& name) {
  const BrokerQueue& queue = broker_.queue(name);
  const auto unacked = static_cast<std::int64_t>(queue.unacked());
  Depth depth;
  depth.ready = std::ssize(queue.ready) + unacked;
  depth.handed_out =
      unacked + std::ranges::count_if(queue.ready, [](const auto& one) { return one.second.redelivered; });
  const BrokerQueue& dead = broker_.queue(ports::dead_letter_queue(name));
  depth.dead_letters = std::ssize(dead.ready) + static_cast<std::int64_t>(dead.unacked());
  return depth;
}

std::unique_ptr<ports::Publisher> QueueTransport::publisher() { return std::make_unique<SimPublisher>(broker_); }

std::unique_ptr<ports::Receiver> QueueTransport::receiver(const ports::Queue& queue, const std::string&) {
  const std::string waits = queue.delays.empty() ? "" : wait_prefix_of(queue.name);
  return std::make_unique<QueueReceiver>(
      broker_, ReceiverSetup{queue.name, ports::dead_letter_queue(queue.name), waits, queue.delays});
}

std::unique_ptr<ports::Receiver> QueueTransport::dead_letters(const std::string& queue, const std::string&) {
  return std::make_unique<QueueReceiver>(broker_, ReceiverSetup{ports::dead_letter_queue(queue), "", "", {}});
}

}  // namespace sim
