#include "transport/memory/bus.hpp"

#include <algorithm>

#include "holdfast/errors.hpp"
#include "transport/memory/publisher.hpp"
#include "transport/memory/receiver.hpp"

namespace holdfast::transport::memory {

Bus::Bus(const ports::Clock& clock, Features features) : world_(std::make_shared<World>(clock, features)) {}

void Bus::require_there() const {
  if (world_->away) throw Unavailable("the bus in memory is away; it is tried again");
}

std::unique_ptr<ports::Publisher> Bus::publisher() {
  require_there();
  return std::make_unique<Publisher>(world_);
}

std::unique_ptr<ports::Receiver> Bus::receiver(const ports::Queue& queue, const std::string&) {
  return std::make_unique<Receiver>(world_, queue.name, ports::dead_letter_queue(queue.name));
}

std::unique_ptr<ports::Receiver> Bus::dead_letters(const std::string& queue, const std::string&) {
  return std::make_unique<Receiver>(world_, ports::dead_letter_queue(queue), "");
}

ports::Declared Bus::declare(const ports::Queue& queue) {
  require_there();
  return world_->broker.declare(queue, world_->features.delay_queues);
}

ports::Topology::Depth Bus::depth(const std::string& queue) {
  require_there();
  return world_->broker.depth(queue);
}

int Bus::publish(const Raw& raw) {
  ports::Delivery delivery;
  delivery.message_id = raw.message_id, delivery.type = raw.type, delivery.headers = raw.headers,
  delivery.body = raw.body;
  if (!raw.queue.empty()) return world_->broker.put(raw.queue, delivery) ? 1 : 0;
  const auto names = world_->broker.bound_to(raw.type);
  for (const auto& name : names) world_->broker.put(name, delivery);
  return static_cast<int>(names.size());
}

bool Bus::deliver_again(const EventId& id) {
  const auto found = std::ranges::find(world_->sent, id, &ports::OutgoingEvent::id);
  return found != world_->sent.end() && world_->broker.publish(*found).empty();
}

void Bus::set_away(bool away) {
  world_->away = away;
  if (away) drop_sessions();
}

}  // namespace holdfast::transport::memory
