#include "simulation/log/log_transport.hpp"

#include <algorithm>

#include "simulation/broker/publisher.hpp"

namespace sim {

ports::Declared LogTransport::declare(const ports::Queue& queue) {
  Group& group = broker_.group(queue.name);
  for (const auto& pattern : queue.patterns)
    if (std::ranges::find(group.patterns, pattern) == group.patterns.end()) group.patterns.push_back(pattern);
  broker_.topic(queue.name, false), broker_.subscribe(group, queue.name);
  broker_.subscribe(group);
  const std::string dead = ports::dead_letter_queue(queue.name);
  Group& import = broker_.group(dead);
  import.copies = true;
  broker_.topic(dead, false), broker_.subscribe(import, dead);
  return {};
}

ports::Topology::Depth LogTransport::depth(const std::string& queue) {
  return {.ready = broker_.group(queue).lag(), .dead_letters = broker_.group(ports::dead_letter_queue(queue)).lag()};
}

std::unique_ptr<ports::Publisher> LogTransport::publisher() { return std::make_unique<SimPublisher>(broker_); }

std::unique_ptr<ports::Receiver> LogTransport::receiver(const ports::Queue& queue, const std::string&) {
  return broker_.receiver({queue.name, ports::dead_letter_queue(queue.name), "", {}});
}

std::unique_ptr<ports::Receiver> LogTransport::dead_letters(const std::string& queue, const std::string&) {
  return broker_.receiver({ports::dead_letter_queue(queue), "", "", {}});
}

}  // namespace sim
