#include "holdfast/rabbitmq.hpp"
#include "ports/transport_base.hpp"
#include "transport/rabbitmq/publisher.hpp"
#include "transport/rabbitmq/receiver.hpp"
#include "transport/rabbitmq/topology.hpp"

namespace holdfast {
namespace transport::rabbitmq {
namespace {

class Broker : public detail::TransportBase {
 public:
  Broker(std::shared_ptr<const Settings> settings, const ports::Clock& clock)
      : settings_(std::move(settings)), clock_(clock), topology_(std::make_shared<Topology>(settings_, clock)) {}

  std::string name() const override { return settings_->broker.name(); }
  ports::BusName bus() const override {
    return {"rabbitmq", settings_->options.exchange, settings_->broker.host, settings_->broker.port};
  }
  ports::Topology& topology() override { return *topology_; }
  std::unique_ptr<ports::Publisher> publisher() override { return std::make_unique<Publisher>(settings_, clock_); }

  std::unique_ptr<ports::Receiver> receiver(const ports::Queue& queue, const std::string& instance) override {
    return std::make_unique<Receiver>(settings_, clock_, queue, instance, ports::dead_letter_queue(queue.name),
                                      topology_);
  }
  std::unique_ptr<ports::Receiver> dead_letters(const std::string& queue, const std::string& instance) override {
    return std::make_unique<Receiver>(settings_, clock_, ports::Queue{ports::dead_letter_queue(queue), {}, false},
                                      instance, "", nullptr);
  }

 private:
  const std::shared_ptr<const Settings> settings_;
  const ports::Clock& clock_;
  const std::shared_ptr<Topology> topology_;
};

}  // namespace
}  // namespace transport::rabbitmq

Transport rabbitmq::open(Options options) {
  auto settings = std::make_shared<transport::rabbitmq::Settings>();
  settings->broker = transport::rabbitmq::parse_address(options.url);
  settings->options = std::move(options);
  return Transport(std::make_shared<transport::rabbitmq::Broker>(std::move(settings), ports::system_clock()));
}

}  // namespace holdfast
