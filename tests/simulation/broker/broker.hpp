// A broker for the simulator: an exchange, queues with one active receiver or several, wait queues, dead-letter queues; and what can
// go wrong with each. Sessions on it are in publisher.hpp and receiver.hpp.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "ports/publisher.hpp"
#include "ports/topology.hpp"
#include "simulation/scheduler.hpp"

namespace sim {

namespace ports = holdfast::ports;
using holdfast::EventId;
using ports::Millis;

struct BrokerFaults {  // chances
  double nack = 0;  // a queue begins to refuse for some frames
  double lost_session = 0;  // a connection dies, at a frame or at a pump
  bool unflagged = false;  // and what it leaves is not flagged as redelivered
  double setup_blamed = 0;  // a close by 403 or 404
  double lost_ack = 0;  // the session of a receiver dies at an ack
  double duplicate = 0;  // a frame is taken twice; a wait queue hands on twice
};
struct BrokerCounts {
  long published = 0, confirmed = 0, nacks = 0, returns = 0, refusals = 0, lost_sessions = 0, blamed = 0,
       duplicates = 0, redelivered = 0, delivery_limit = 0, stale_acks = 0;
};

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

/// A publisher's connection as the broker has it; it may outlive the client.
struct PublisherLink {
  struct Frame {
    std::uint64_t token;
    ports::OutgoingEvent event;
  };
  std::deque<Frame> pipe;  // on the way to the broker
  std::vector<ports::PublishResult> results;
  std::set<std::uint64_t> open;  // accepted, without a result
  std::map<std::string, ports::Outcome> refused_keys;  // keeps_session_order: what comes after goes the same way
  bool keeps_session_order = false, closed = false, blocked = false, gone = false;  // gone: no client
  ports::Blame blame = ports::Blame::nobody;
  std::string why;
};

class Broker {
 public:
  explicit Broker(Scheduler& s) : scheduler(s) {}

  BrokerQueue& declare(const std::string& name);
  BrokerQueue& queue(const std::string& name) { return queues.at(name); }
  bool away() const { return scheduler.now < away_until; }
  bool route(const ports::OutgoingEvent& event, std::vector<BrokerQueue*>& out);
  void push(BrokerQueue& queue, ports::Delivery delivery);

  // Receivers.
  std::uint64_t join(BrokerQueue& queue);  // a new session
  bool may_take(const BrokerQueue& queue, std::uint64_t session) const;
  void leave(BrokerQueue& queue, std::uint64_t session,
             bool flagged = true);  // what was not acked comes back to where it was

  // Publishers.
  std::shared_ptr<PublisherLink> link(bool keeps_session_order);
  void close(PublisherLink& link, ports::Blame blame, std::string why);
  void part(PublisherLink& link);  // the client is gone; some of its bytes may still arrive

  void step();  // by itself: takes frames, moves what waited long enough
  Time next() const;  // when a wait queue hands on
  void go_away(Time down_for);
  bool idle() const;  // nothing on the way

  Scheduler& scheduler;
  BrokerFaults faults;
  BrokerCounts counts;
  Time away_until = 0;
  Time ack_takes = 0;  // on its way
  bool blocked = false;  // publishers: connection.blocked
  bool unbound = false;  // no binding is there
  std::map<std::string, BrokerQueue> queues;
  std::function<bool(const ports::OutgoingEvent&)> poison = [](const auto&) { return false; };  // closes the connection
  std::function<void(const BrokerQueue&, const ports::Delivery&)> on_push = [](const auto&, const auto&) {};

 private:
  void take(PublisherLink& link);
  ports::Outcome publish(PublisherLink& link, const ports::OutgoingEvent& event);

  std::vector<std::shared_ptr<PublisherLink>> links_;
  std::multimap<Time, std::pair<BrokerQueue*, std::int64_t>> waiting_;
  std::uint64_t last_session_ = 0;
};

/// As the receiver gets it: an outgoing event's bytes and headers.
ports::Delivery delivery_of(const ports::OutgoingEvent& event);

}  // namespace sim
