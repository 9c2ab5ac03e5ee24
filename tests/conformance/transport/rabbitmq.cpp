// A real server. AMQP tells nothing of what is handed out, nor of bindings: the answers are honest, and less.
#include "holdfast/rabbitmq.hpp"

#include "rabbitmq_server/brokers.hpp"
#include "rabbitmq_server/client.hpp"
#include "suite.hpp"

namespace holdfast::conformance {
namespace {

class RabbitBench : public TransportBench {
 public:
  RabbitBench() : broker_(rabbitmq::open(vhost_.options()).impl()) {}
  detail::TransportBase& transport() override { return *broker_; }
  const ports::Clock& clock() override { return ports::system_clock(); }
  TransportFeatures features() const override {
    return {.delay_queues = true, .prefetches = true, .sees_what_others_have = false, .sees_missing_bindings = false};
  }
  ports::Millis patience() const override { return std::chrono::seconds(30); }
  void pass(ports::Millis) override {}
  void remove_binding(const std::string& queue, const std::string& pattern) override {
    rabbit_test::Client(vhost_.url()).unbind(queue, "orders.exchange", pattern);
  }

 private:
  rabbit_test::Vhost vhost_;
  std::shared_ptr<detail::TransportBase> broker_;
};

INSTANTIATE_TEST_SUITE_P(Rabbitmq, TransportConformance,
                         testing::Values(TransportCase{"server", [] { return std::make_unique<RabbitBench>(); }}),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace holdfast::conformance
