// A broker of queues: an exchange, queues with one active receiver or several, wait queues, dead-letter queues; and what can go wrong
// with each. Sessions on it are in publisher.hpp and queue_receiver.hpp.
#pragma once
#include "ports/topology.hpp"
#include "simulation/broker/broker.hpp"

namespace sim {

/// Where deliveries wait; positions keep their order when they come back.
struct BrokerQueue {
  std::string name;
  bool single_active = false;
  bool bound = false;  // to the exchange
  bool sink = false;  // somebody else's: what comes is gone
  std::vector<std::string> patterns;
  Time delay = 0;  // > 0: a wait queue, hands on to `next`
  std::string next;
  int nacking = 0;  // refuses so many more
  std::map<std::int64_t, ports::Delivery> ready;
  struct Unacked {
    std::int64_t position;
    ports::Delivery delivery;
  };
  std::map<std::uint64_t, std::map<std::uint64_t, Unacked>> sessions;  // by tag
  std::uint64_t active = 0;  // of the single active receiver
  std::int64_t last = 0;

  std::size_t unacked() const;
};

class QueueBroker : public Broker {
 public:
  explicit QueueBroker(Scheduler& s, bool keeps_session_order = false)
      : Broker(s), keeps_session_order_(keeps_session_order) {}

  ports::PublisherTraits traits() const override { return {keeps_session_order_, true}; }
  std::unique_ptr<ports::Receiver> receiver(const ReceiverSetup& setup) override;

  BrokerQueue& declare(const std::string& name);
  BrokerQueue& queue(const std::string& name) { return queues.at(name); }
  bool route(const ports::OutgoingEvent& event, std::vector<BrokerQueue*>& out);
  void push(const std::string& queue, ports::Delivery delivery) override {
    push(queues.at(queue), std::move(delivery));
  }
  void push(BrokerQueue& queue, ports::Delivery delivery);
  const ports::Delivery* first(const std::string& queue) const override;
  void drop_first(const std::string& queue) override;

  // Receivers.
  std::uint64_t join(BrokerQueue& queue);  // a new session
  bool may_take(const BrokerQueue& queue, std::uint64_t session) const;
  void leave(BrokerQueue& queue, std::uint64_t session,
             bool flagged = true);  // what was not acked comes back to where it was

  void part(PublisherLink& link) override;
  void step() override;  // takes frames, moves what waited long enough
  Time next() const override;
  void go_away(Time down_for) override;
  bool idle() const override;

  std::map<std::string, BrokerQueue> queues;

 private:
  bool take(PublisherLink& link) override;
  ports::Outcome publish(PublisherLink& link, const ports::OutgoingEvent& event);
  void move_what_waited();

  bool keeps_session_order_;
  std::multimap<Time, std::pair<BrokerQueue*, std::int64_t>> waiting_;
  std::uint64_t last_session_ = 0;
};

}  // namespace sim
