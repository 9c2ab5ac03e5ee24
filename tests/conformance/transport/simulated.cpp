// The simulator's brokers: what they let pass, a real one would. The scheduler's time is the only one.
#include "simulation/broker/queue_transport.hpp"
#include "simulation/log/log_transport.hpp"
#include "suite.hpp"

namespace holdfast::conformance {
namespace {

struct SchedulerClock : ports::Clock {
  explicit SchedulerClock(const sim::Scheduler& s) : scheduler(s) {}
  ports::Tick steady() const override { return sim::tick_of(scheduler.now); }
  Timestamp utc() const override { return Timestamp(std::chrono::hours(500'000)) + ports::Millis(scheduler.now); }
  const sim::Scheduler& scheduler;
};

template <class Broker, class Transport>
class SimulatedBench : public TransportBench {
 public:
  template <class... Setup>
  explicit SimulatedBench(Setup... setup) : broker_(scheduler_, setup...), transport_(broker_) {
    scheduler_.add("broker", [this] {
      for (;; scheduler_.sleep(1)) broker_.step();
    });
  }
  ~SimulatedBench() override { scheduler_.stop(); }

  detail::TransportBase& transport() override { return transport_; }
  const ports::Clock& clock() override { return clock_; }
  void pass(ports::Millis time) override { scheduler_.sleep(time.count()); }

 protected:
  sim::Scheduler scheduler_{1};
  SchedulerClock clock_{scheduler_};
  Broker broker_;
  Transport transport_;
};

class QueueBench : public SimulatedBench<sim::QueueBroker, sim::QueueTransport> {
 public:
  using SimulatedBench::SimulatedBench;
  TransportFeatures features() const override {
    return {.delay_queues = true, .sees_missing_queues = false, .tells_missing = false};
  }
  void remove_binding(const std::string& queue, const std::string& pattern) override {
    transport_.remove_binding(queue, pattern);
  }
};

/// One partition: else the standby would have some of them.
class LogBench : public SimulatedBench<sim::LogBroker, sim::LogTransport> {
 public:
  explicit LogBench(bool eager) : SimulatedBench(1, eager) {}
  TransportFeatures features() const override {
    return {.sees_what_others_have = false,
            .sees_missing_bindings = false,
            .sees_missing_queues = false,
            .tells_missing = false,
            .acks_each = false,
            .shares_each = false,
            .tells_handed_out = false};
  }
  void remove_binding(const std::string&, const std::string&) override {}
};

template <class Bench>
TransportCase with(std::string name, bool setup) {
  return {std::move(name), [=] { return std::make_unique<Bench>(setup); }};
}

INSTANTIATE_TEST_SUITE_P(Simulated, TransportConformance,
                         testing::Values(with<QueueBench>("in_order", true), with<QueueBench>("like_rabbitmq", false),
                                         with<LogBench>("like_kafka", false), with<LogBench>("like_kafka_eager", true)),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace holdfast::conformance
