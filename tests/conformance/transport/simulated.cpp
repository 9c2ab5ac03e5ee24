// The simulator's broker: what it lets pass, a real one would. The scheduler's time is the only one.
#include "simulation/broker/publisher.hpp"
#include "simulation/broker/transport.hpp"
#include "suite.hpp"

namespace holdfast::conformance {
namespace {

struct SchedulerClock : ports::Clock {
  explicit SchedulerClock(const sim::Scheduler& s) : scheduler(s) {}
  ports::Tick steady() const override { return sim::tick_of(scheduler.now); }
  Timestamp utc() const override { return Timestamp(std::chrono::hours(500'000)) + ports::Millis(scheduler.now); }
  const sim::Scheduler& scheduler;
};

class SimulatedBench : public TransportBench {
 public:
  explicit SimulatedBench(bool keeps_session_order) : transport_(broker_, keeps_session_order) {
    scheduler_.add("broker", [this] {
      for (;; scheduler_.sleep(1)) broker_.step();
    });
  }
  ~SimulatedBench() override { scheduler_.stop(); }

  detail::TransportBase& transport() override { return transport_; }
  const ports::Clock& clock() override { return clock_; }
  TransportFeatures features() const override { return {.delay_queues = true}; }
  void pass(ports::Millis time) override { scheduler_.sleep(time.count()); }
  void remove_binding(const std::string& queue, const std::string& pattern) override {
    transport_.remove_binding(queue, pattern);
  }

 private:
  sim::Scheduler scheduler_{1};
  SchedulerClock clock_{scheduler_};
  sim::Broker broker_{scheduler_};
  sim::SimTransport transport_;
};

TransportCase with(std::string name, bool keeps_session_order) {
  return {std::move(name), [=] { return std::make_unique<SimulatedBench>(keeps_session_order); }};
}

INSTANTIATE_TEST_SUITE_P(Simulated, TransportConformance,
                         testing::Values(with("in_order", true), with("like_rabbitmq", false)),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace holdfast::conformance
