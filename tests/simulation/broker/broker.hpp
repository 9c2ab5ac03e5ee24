// What the simulated world sees of its transport, whichever kind a seed drew: a broker of queues (queue_broker.hpp) or of logs
// (../log/log_broker.hpp). The connections of publishers are alike; what arrives through them each kind keeps in its own way.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "ports/publisher.hpp"
#include "ports/receiver.hpp"
#include "simulation/scheduler.hpp"

namespace sim {

namespace ports = holdfast::ports;
using holdfast::EventId;
using ports::Millis;

struct BrokerFaults {  // chances
  double nack = 0;  // an event is refused, and perhaps some behind it
  double lost_session = 0;  // a connection dies, at a frame or at a pump
  bool unflagged = false;  // and what it leaves is not flagged as redelivered
  double setup_blamed = 0;  // a close by 403 or 404
  double lost_ack = 0;  // the session of a receiver dies at an ack
  double lost_commit = 0;  // of a group's offset: nothing is written, and the receiver is told
  double duplicate = 0;  // a wait queue hands on twice
};
struct BrokerCounts {
  long published = 0, confirmed = 0, nacks = 0, returns = 0, refusals = 0, lost_sessions = 0, blamed = 0,
       duplicates = 0, redelivered = 0, stale_acks = 0, rebalances = 0, lost_tails = 0;
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

struct ReceiverSetup {
  std::string queue, dead_letters, wait_prefix;  // wait_prefix: of the wait queues' names; "": none
  std::vector<Millis> delays;
};

/// Where an event arrived.
struct Place {
  const std::string& name;
  bool bound;  // it gets what is published by type
  bool sink;  // somebody else's: what comes is gone
};

class Broker {
 public:
  explicit Broker(Scheduler& s) : scheduler(s) {}
  virtual ~Broker() = default;

  bool away() const { return scheduler.now < away_until; }
  virtual ports::PublisherTraits traits() const = 0;

  // Sessions.
  std::shared_ptr<PublisherLink> link();
  void close(PublisherLink& link, ports::Blame blame, std::string why);
  virtual void part(PublisherLink& link) = 0;  // the client is gone; some of its bytes may still arrive
  /// The client looks before it sends: what is refused at once, with its reason.
  virtual std::optional<ports::PublishResult> look(const PublisherLink&, const ports::Publication&) { return {}; }
  virtual std::unique_ptr<ports::Receiver> receiver(const ReceiverSetup& setup) = 0;

  // Tools, as an operator or a stranger has them.
  virtual void push(const std::string& queue, ports::Delivery delivery) = 0;
  virtual const ports::Delivery* first(const std::string& queue) const = 0;  // null: it is empty
  virtual void drop_first(const std::string& queue) = 0;

  virtual void step() = 0;  // by itself
  virtual Time next() const = 0;  // when it does something by itself
  virtual void go_away(Time down_for) = 0;
  virtual bool idle() const = 0;  // nothing on the way

  Scheduler& scheduler;
  BrokerFaults faults;
  BrokerCounts counts;
  Time away_until = 0;
  Time ack_takes = 0;  // on its way
  bool blocked = false;  // takes nothing from publishers, and tells them if it can
  bool unbound = false;  // no binding, or no topic, is there
  std::function<bool(const ports::OutgoingEvent&)> poison = [](const auto&) { return false; };  // never taken
  std::function<void(const Place&, const ports::Delivery&)> on_push = [](const auto&, const auto&) {};

 protected:
  virtual bool take(PublisherLink& link) = 0;  // what comes next through it; false: nothing more for now
  void take_from_publishers();
  Time next_from_publishers() const;
  bool publishers_idle() const;
  /// True: the connection died instead.
  bool dies(PublisherLink& link);
  void tell(PublisherLink& link, std::uint64_t token, ports::Outcome outcome, const std::string& error = "");

  std::vector<std::shared_ptr<PublisherLink>> links_;
};

/// As the receiver gets it: an outgoing event's bytes and headers.
ports::Delivery delivery_of(const ports::OutgoingEvent& event);

inline ports::Tick tick_of(Time t) { return ports::Tick(Millis(t)); }
inline Time time_of(ports::Tick t) {
  return t == ports::Tick::max() ? never : std::chrono::ceil<Millis>(t.time_since_epoch()).count();
}

}  // namespace sim
