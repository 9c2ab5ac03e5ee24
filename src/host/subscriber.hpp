// One subscription as it is after start(): its handlers, its policy, its place in the database. Shared by the threads that
// serve it, and by the harness.
#pragma once
#include <atomic>
#include <memory>

#include "host/surroundings.hpp"
#include "inbox/consumer.hpp"
#include "inbox/session.hpp"

namespace holdfast::host {

/// "order.created.v1" -> "order.created.*": every version arrives.
std::string pattern_of(const std::string& type);
/// "inventory", "order.created.v1" -> "inventory.order-created.q"; a host of one type or pattern.
std::string queue_of(const std::string& consumer, const std::string& type);

class Subscriber {
 public:
  Subscriber(const Surroundings& surroundings, Subscription subscription, inbox::Handlers handlers,
             std::stop_token stopping);

  const std::string& name() const { return subscription_.consumer; }
  const Subscription& subscription() const { return subscription_; }
  const ports::Queue& queue() const { return queue_; }
  const Surroundings& here() const { return here_; }
  ports::InboxStore& store() { return *store_; }
  inbox::SessionOptions session_options() const;

  /// Queue and bindings, as often as one likes. Alerts where a binding was missing.
  void declare() const;
  /// The receiver's traits are known by now: what the rules need of them. Before the first run.
  void connect(ports::Receiver& receiver);
  inbox::Consumer& consumer() { return *consumer_; }
  /// Runs a job of a lane, with spans of what it handles, and accounts for it.
  inbox::Report run(const std::function<inbox::Report()>& job) const;
  /// Metrics, log and on_dead_letter for what came of a run.
  void account(const inbox::Report& report) const;
  std::function<void(const DeadLetter&)> on_dead_letter;

 private:
  void tell(const inbox::Setback& setback) const;
  void report_dead(const DeadLetter& letter) const;

  struct Meters;
  const Surroundings& here_;
  Subscription subscription_;
  ports::Queue queue_;
  inbox::Handlers handlers_;
  std::stop_token stopping_;
  std::unique_ptr<ports::InboxStore> store_;
  std::unique_ptr<inbox::Consumer> consumer_;
  std::shared_ptr<Meters> meters_;
  mutable std::atomic<Timestamp> bound_at_ = Timestamp();  // bindings were last known to be there; none: the epoch
};

}  // namespace holdfast::host
