// Queues in memory: routing, wait queues, leases, redelivery; the same rules as those of the bus in a file.
// No I/O, no time but the clock's. Threads: one.
#pragma once
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ports/clock.hpp"
#include "ports/publisher.hpp"
#include "ports/topology.hpp"

namespace holdfast::transport::memory {

using Holder = int;  // a receiver's session; 0: nobody
using Tag = std::uint64_t;

struct Letter {
  ports::Delivery event;
  Holder holder = 0;
  bool handed_out = false;
  ports::Tick due{};  // in a wait queue
};

struct Queue {
  bool by_key = false;
  std::set<std::string> patterns, ever_declared;
  std::map<Tag, Letter> letters;  // by arrival
  Holder active = 0;              // by_key
  std::string leads_to;           // a wait queue's work queue
  ports::Millis delay{0};
};

class Broker {
 public:
  explicit Broker(const ports::Clock& clock) : clock_(clock) {}

  ports::Declared declare(const ports::Queue& queue, bool with_delays);
  void remove_binding(const std::string& queue, const std::string& pattern);
  ports::Topology::Depth depth(const std::string& queue) const;
  std::vector<std::string> queues() const;
  std::vector<std::string> bound_to(const std::string& type) const;

  /// "": it stands in every queue that wants it; else why it was returned.
  std::string publish(const ports::OutgoingEvent& event);
  /// false: no such queue.
  bool put(const std::string& queue, ports::Delivery event);

  Holder begin() { return ++last_holder_; }
  /// What a session may have now, at most `most` by position; by_key: nothing while another one has the queue.
  std::vector<ports::Delivery> take(const std::string& queue, Holder holder, int most);
  bool holds_queue(const std::string& queue, Holder holder) const;
  bool empty_but_for(const std::string& queue, Holder holder) const;
  void settle(const std::string& queue, Tag tag);
  void end(const std::string& queue, Holder holder);

 private:
  std::vector<std::string> wanted_by(const ports::OutgoingEvent& event) const;
  void move_due_letters();

  const ports::Clock& clock_;
  std::map<std::string, Queue> queues_;
  Tag last_tag_ = 0;
  Holder last_holder_ = 0;
};

/// "inventory.order-created.q", 5 s -> "inventory.order-created.retry.5s.q"
std::string wait_queue(const std::string& queue, ports::Millis delay);

}  // namespace holdfast::transport::memory
