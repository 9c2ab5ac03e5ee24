#include "transport/memory/bus.hpp"

#include "suite.hpp"

namespace holdfast::conformance {
namespace {

struct HandClock : ports::Clock {
  ports::Tick steady() const override { return ports::Tick(passed); }
  Timestamp utc() const override { return Timestamp(std::chrono::hours(500'000) + passed); }
  ports::Millis passed{0};
};

class MemoryBench : public TransportBench {
 public:
  explicit MemoryBench(transport::memory::Features features) : features_(features), bus_(clock_, features) {}
  detail::TransportBase& transport() override { return bus_; }
  const ports::Clock& clock() override { return clock_; }
  TransportFeatures features() const override {
    return {.delay_queues = features_.delay_queues, .tells_missing = false};
  }
  void pass(ports::Millis time) override { clock_.passed += time; }
  void remove_binding(const std::string& queue, const std::string& pattern) override {
    bus_.remove_binding(queue, pattern);
  }

 private:
  HandClock clock_;
  const transport::memory::Features features_;
  transport::memory::Bus bus_;
};

TransportCase with(std::string name, transport::memory::Features features) {
  return {std::move(name), [features] { return std::make_unique<MemoryBench>(features); }};
}

INSTANTIATE_TEST_SUITE_P(Memory, TransportConformance,
                         testing::Values(with("plain", {}),
                                         with("like_rabbitmq", {.delay_queues = true, .keeps_session_order = false})),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace holdfast::conformance
