// A host: what it was told before start(), and the threads that run from then on.
#pragma once
#include <atomic>
#include <deque>
#include <memory>

#include "holdfast/host.hpp"
#include "host/consumer_threads.hpp"
#include "host/relay_threads.hpp"
#include "host/tally.hpp"
#include "host/upkeep.hpp"
#include "host/watchdog.hpp"
#include "outbox/publish.hpp"

namespace holdfast {

class Host::Impl {
 public:
  explicit Impl(HostOptions options);
  ~Impl();

  void add(Subscription subscription, std::vector<detail::Handler> handlers);
  void add(detail::Upcaster upcaster);

  /// Tables and subscribers, no threads: as far as the harness goes.
  void prepare();
  void start();
  /// end_requests: ends what else runs by the same deadline, while consumers end and the relay still sends what it
  /// publishes. What hangs beyond ends the process.
  void stop(ports::Millis deadline, const std::function<void()>& end_requests = {});
  Health health() const;

  std::deque<host::Subscriber>& subscribers() { return subscribers_; }
  const host::Surroundings& here() const { return here_; }
  Outbox& outbox() { return outbox_; }
  Store& store() { return options_.store; }
  const LogSink& log() const { return options_.log; }
  std::string metrics() const;
  outbox::RelayOptions relay_options() const;
  /// Before start(): who hears the signals of the threads.
  void observe(host::Observer observer) { here_.observe = std::move(observer); }
  /// Before start(): how often upkeep does what, and how much at a time.
  host::UpkeepOptions& upkeep_options() { return upkeep_options_; }
  /// Called after each commit that published.
  std::function<void()> on_commit = [] {};

 private:
  struct Told {
    Subscription subscription;
    std::vector<detail::Handler> handlers;
  };
  Subscription complete(Subscription subscription, const std::vector<detail::Handler>& handlers) const;
  void require_before_start(const char* what) const;
  void hung(const std::string& consumer, const EventInfo& event) const;
  void check_topology() const;
  void start_threads();
  void end_threads();
  void deadline_is_over() const;
  [[noreturn]] void end_the_process() const;

  HostOptions options_;
  host::UpkeepOptions upkeep_options_;
  telemetry::Metrics metrics_;
  telemetry::Counter committed_;
  host::Surroundings here_;
  Outbox outbox_;
  host::Tally spans_dropped_, malformed_;
  std::vector<Told> told_;
  std::vector<inbox::Upcaster> upcasters_;
  std::deque<host::Subscriber> subscribers_;
  std::stop_source stopping_;
  enum class Life { made, running, over };
  std::atomic<Life> life_ = Life::made;
  std::atomic<const char*> keeper_ = "";  // of a stop: what it waits for

  // threads, in the order in which they start
  host::Watchdog watchdog_;
  std::unique_ptr<host::RelayThreads> relay_;
  std::unique_ptr<host::ErrandRunner> due_;
  std::deque<host::ConsumerThreads> consumers_;
  std::unique_ptr<host::Upkeep> upkeep_;
};

}  // namespace holdfast
