// Queues and bindings of a transport: declared at start, at each connect, each minute.
// Threads: any; each call blocks. Errors: Unavailable; Invalid where the broker's own differs (nothing is repaired).
#pragma once
#include <string_view>

#include "ports/values.hpp"

namespace holdfast::ports {

struct Queue {
  std::string name;                   // "inventory.order-created.q"
  std::vector<std::string> patterns;  // topic patterns of AMQP: "order.created.*"
  bool by_key = true;                 // one active receiver
  std::vector<Millis> delays = {};    // wait queues wanted, where the transport has them (retry via broker)
  std::vector<std::string> types = {};  // that its handlers take, where they are known: Kafka makes their topics
  bool was_there = false;  // its consumer's database remembers it: where it is missing it is not new, but gone
};

struct Declared {
  // Bindings that were missing though they had been there: an alert each. RabbitMQ tells only where the queue was.
  std::vector<std::string> restored;
  bool queue_was_gone = false;  // and with it whatever waited in it, however old
  // What works, but not as it should, each with what to do; said once.
  std::vector<std::string> warnings = {};
};

class Topology {
 public:
  virtual ~Topology() = default;
  virtual Declared declare(const Queue& queue) = 0;
  /// Asked every few seconds. Exact up to `counted`; above, where a transport would have to count them, an estimate, and handed_out
  /// is not counted further.
  struct Depth {
    static constexpr std::int64_t counted = 10'000;
    std::int64_t ready = 0;  // all that is not acked; RabbitMQ: without what a receiver has in work
    std::int64_t handed_out = 0;  // of these: handed to a receiver before; RabbitMQ: not known, 0
    std::int64_t dead_letters = 0;
    bool operator==(const Depth&) const = default;
  };
  virtual Depth depth(const std::string& queue) = 0;

  // For operators. Makes what is missing, whatever a program may do.
  /// missed: what declare() would tell, known too where it throws half way: done again, nothing is missing any more.
  virtual void apply(const Queue& queue, Declared& missed) { missed = declare(queue); }
  /// What it makes, a line each.
  virtual std::vector<std::string> describe(const Queue&) const { return {}; }
  /// What is missing or otherwise there, a line each; nothing is changed. RabbitMQ: but bindings, which AMQP shows to nobody.
  virtual std::vector<std::string> differences(const Queue&) { return {}; }
  /// The command that gives the user of a program with these queues the rights that it needs; "" = there are none to give.
  virtual std::string permissions(const std::string& /*user*/, const std::vector<Queue>&) const { return ""; }
};

/// Where something is restored: what did not reach the consumer.
std::string_view what_was_missed(const Declared& declared);
/// What makes `holdfast outbox republish` send that again.
std::string republish_flags(const std::string& queue, const std::string& pattern);

/// "inventory.order-created.q" -> "inventory.order-created": what the names of all that belongs to a queue begin with.
std::string stem(const std::string& queue);
/// "inventory.order-created.q" -> "inventory.order-created.dlq"; the name of the DLQ of a queue.
std::string dead_letter_queue(const std::string& queue);

}  // namespace holdfast::ports
