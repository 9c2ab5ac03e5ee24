// A transport in memory for tests and the harness: the ports of a real one, and hands for what a test does to it and sees of it.
// pump() never waits. Threads: one.
//
//   memory::Bus bus(clock);
//   bus.publish({.type = "order.created.v1", .body = "no JSON"});   // as a foreign program would
//   bus.sent();                                                     // what was confirmed, in order
//   bus.drop_sessions();                                            // connections lost: what is not acked comes again
#pragma once
#include "ports/transport_base.hpp"
#include "transport/memory/broker.hpp"

namespace holdfast::transport::memory {

struct Features {
  bool delay_queues = false;  // wait queues, for retries via the broker
  bool keeps_session_order = true;  // false, as RabbitMQ: a refused event does not hold back later ones of its key
};

struct Raw {
  std::string type, body;
  std::string message_id = {};
  Headers headers = {};
  std::string queue = {};  // "": every queue bound to the type
};

/// What sessions and the test share.
struct World {
  World(const ports::Clock& clock, Features its_features) : broker(clock), features(its_features) {}
  Broker broker;
  const Features features;
  bool away = false;
  int connections_lost = 0;
  std::deque<ports::Outcome> next_outcomes;  // of publishes to come; not confirmed ones change nothing, but unknown may
  std::vector<ports::OutgoingEvent> sent;
};

class Bus : public detail::TransportBase, private ports::Topology {
 public:
  explicit Bus(const ports::Clock& clock, Features features = {});

  std::string name() const override { return "memory"; }
  ports::Topology& topology() override { return *this; }
  std::unique_ptr<ports::Publisher> publisher() override;
  std::unique_ptr<ports::Receiver> receiver(const ports::Queue& queue, const std::string& instance) override;
  std::unique_ptr<ports::Receiver> dead_letters(const std::string& queue, const std::string& instance) override;

  const std::vector<ports::OutgoingEvent>& sent() const { return world_->sent; }
  /// How many queues took it.
  int publish(const Raw& raw);
  /// A duplicate of what was sent under this id, to all who are bound to it; false: nothing was.
  bool deliver_again(const EventId& id);
  void drop_sessions() { ++world_->connections_lost; }
  /// Away: sessions end, and no new one can be had.
  void set_away(bool away);
  /// The next publish comes to this instead; unknown ends the session, and the event is in its queues.
  void next_outcome(ports::Outcome outcome) { world_->next_outcomes.push_back(outcome); }
  void remove_binding(const std::string& queue, const std::string& pattern) {
    world_->broker.remove_binding(queue, pattern);
  }

 private:
  ports::Declared declare(const ports::Queue& queue) override;
  Depth depth(const std::string& queue) override;
  void require_there() const;

  const std::shared_ptr<World> world_;
};

}  // namespace holdfast::transport::memory
