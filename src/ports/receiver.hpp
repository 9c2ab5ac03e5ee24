// What one subscription receives. Reconnects are new sessions of the same receiver.
// Threads: the consumer's; wake() and abort() from any. pump() is called while handlers run: heartbeats and polls live there.
#pragma once
#include "ports/values.hpp"

namespace holdfast::ports {

struct Received {
  std::vector<Delivery> deliveries;
  std::vector<std::uint64_t> ended;  // sessions: channel lost, partition revoked, lease of the file's queue lost
  bool connected = false;
  bool empty = false;  // the queue is known to hold nothing else (crash guard, age rule)
  std::string problem;  // while not connected: why, in words
  bool missing = false;  // while not connected: the queue is not there
};

struct ReceiverTraits {
  bool delay_queues = false;  // destination_after() gives one: Ordering::none retries at the broker
  bool marks_redelivery = true;  // false (Kafka): the adapter marks the first prefetch of an unclean restart
};

class Receiver {
 public:
  virtual ~Receiver() = default;
  virtual ReceiverTraits traits() const = 0;
  /// Connects where needed, receives; returns at `until`, with deliveries, or after wake().
  virtual void pump(Tick until, Received& out) = 0;
  /// Settled: RabbitMQ acks, the file deletes, Kafka commits the contiguous prefix. A dead session's are dropped.
  virtual void ack(std::span<const Position> settled) = 0;
  virtual void credit(int most_unacked) = 0;  // 0 = stop taking, stay alive; RabbitMQ qos, Kafka pause/resume
  virtual std::string destination_after(Millis delay) const = 0;  // the wait queue of this delay, "" = none
  virtual std::string dead_letter_destination() const = 0;  // "" = none
  /// Ends the sessions: what is not acked is handed out again. The next pump() begins a new one.
  virtual void disconnect() = 0;
  virtual void wake() noexcept = 0;  // a lane has settled something: come and ack it
  virtual void abort() noexcept = 0;
};

}  // namespace holdfast::ports
