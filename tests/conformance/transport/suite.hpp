// What every transport must do. A transport brings a Bench and names it in INSTANTIATE_TEST_SUITE_P(Name, TransportConformance, ...);
// the cases are in *_cases.cpp. What a transport cannot do it says in its features; then the case demands the honest answer.
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "ports/transport_base.hpp"

namespace holdfast::conformance {

struct TransportFeatures {
  bool delay_queues = false;
  bool takes_over_from_the_dead = true;  // a receiver that ends without disconnect(): its events go to others
  bool prefetches = false;  // takes more than it hands out: not `ready` any more, and redelivered after the session
  bool sees_what_others_have =
      true;  // else `empty` is not known while another one may have a part, or by key is the active one
  bool sees_missing_bindings = true;
  bool sees_missing_queues = true;
  bool tells_missing = true;  // a receiver does; else what nobody declared is an empty queue
  bool acks_each = true;  // else the settled prefix: what lies behind a gap comes again
  bool shares_each = true;  // receivers of a queue in any order take event by event; else partition by partition
  bool tells_handed_out = true;  // depth() does
  std::string dead_letters = ".dlq";  // what the name of their queue ends with
  int sessions = 1'500;  // of one import in a row, where each is quick
};

class TransportBench {
 public:
  virtual ~TransportBench() = default;
  virtual detail::TransportBase& transport() = 0;
  virtual const ports::Clock& clock() = 0;
  virtual TransportFeatures features() const { return {}; }
  /// How long an adapter may take for what must come.
  virtual ports::Millis patience() const { return ports::Millis(5'000); }
  virtual void pass(ports::Millis time) = 0;  // needed with delay queues only
  virtual void remove_binding(const std::string& queue, const std::string& pattern) = 0;
};

struct TransportCase {
  std::string name;
  std::function<std::unique_ptr<TransportBench>()> make;  // an empty broker
};
inline void PrintTo(const TransportCase& which, std::ostream* out) { *out << which.name; }

class TransportConformance : public ::testing::TestWithParam<TransportCase> {
 protected:
  using Bodies = std::vector<std::string>;
  using Results = std::vector<ports::PublishResult>;

  TransportConformance() : bench(GetParam().make()), transport(bench->transport()) {}

  /// Declared, with a receiver that may have 100.
  std::unique_ptr<ports::Receiver> subscribe(const ports::Queue& queue);
  std::unique_ptr<ports::Receiver> another(const ports::Queue& queue);

  static ports::OutgoingEvent event(std::string body, std::string type = "order.created.v1",
                                    std::optional<std::string> key = "1");
  /// By one session, token = place; a result for each.
  Results publish(const std::vector<ports::OutgoingEvent>& events);
  void publish_all(const Bodies& bodies, const std::string& type = "order.created.v1");  // must be confirmed
  void publish_to(const ports::Queue& queue, const Bodies& bodies) { publish_all(bodies, queue.patterns.front()); }

  /// Pumps until it has so many (or patience ends).
  std::vector<ports::Delivery> take(ports::Receiver& receiver, std::size_t count);
  /// What comes without waiting.
  ports::Received poll(ports::Receiver& receiver);
  /// Pumps until it holds, and says whether it ever did.
  bool eventually(ports::Receiver& receiver, const std::function<bool(const ports::Received&)>& holds);
  void ack(ports::Receiver& receiver, const std::vector<ports::Delivery>& events);
  /// The depth comes to be so; where it prefetches, what is handed out is not known, nor ready, and more may be with it.
  void expect_depth(const std::string& queue, const ports::Topology::Depth& depth);
  static Bodies bodies(const std::vector<ports::Delivery>& events);

  ports::Tick now() const { return bench->clock().steady(); }
  ports::Tick soon() const { return now() + bench->patience(); }

  const std::unique_ptr<TransportBench> bench;
  detail::TransportBase& transport;

 private:
  int receivers_ = 0;
};

}  // namespace holdfast::conformance
