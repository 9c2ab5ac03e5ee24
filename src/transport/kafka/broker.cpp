#include <fmt/format.h>

#include "holdfast/errors.hpp"
#include "holdfast/kafka.hpp"
#include "ports/transport_base.hpp"
#include "transport/kafka/open.hpp"
#include "transport/kafka/publisher.hpp"
#include "transport/kafka/receiver.hpp"
#include "transport/kafka/topology.hpp"

namespace holdfast {
namespace transport::kafka {
namespace {

class Broker : public detail::TransportBase {
 public:
  Broker(std::shared_ptr<const Settings> settings, const ports::Clock& clock)
      : settings_(std::move(settings)), clock_(clock), topology_(settings_, clock) {}

  std::string name() const override { return settings_->broker.name(); }
  ports::BusName bus() const override {
    return {.system = "kafka",
            .topic_of = [settings = settings_](const std::string& type) { return settings->topics.topic_of(type); }};
  }
  ports::Topology& topology() override { return topology_; }
  std::unique_ptr<ports::Publisher> publisher() override { return std::make_unique<Publisher>(settings_, clock_); }

  std::unique_ptr<ports::Receiver> receiver(const ports::Queue& queue, const std::string& instance) override {
    return std::make_unique<Receiver>(settings_, clock_, queue, instance, Membership::member);
  }
  std::unique_ptr<ports::Receiver> dead_letters(const std::string& queue, const std::string& instance) override {
    return std::make_unique<Receiver>(settings_, clock_, ports::Queue{queue, {}}, instance, Membership::reader);
  }

 private:
  const std::shared_ptr<const Settings> settings_;
  const ports::Clock& clock_;
  Topology topology_;
};

void check(const holdfast::kafka::Options& o) {
  if (o.partitions < 1 || o.partitions > 10'000) throw Invalid("broker.partitions", "1 to 10000");
  if (o.rebalance == holdfast::kafka::Rebalance::cooperative && rd_kafka_version() < cooperates_from)
    throw Invalid("broker.rebalance",
                  fmt::format("cooperative needs librdkafka {}.{}, and this is {}, where it could "
                              "end this process: use eager",
                              cooperates_from >> 24, cooperates_from >> 16 & 0xff, rd_kafka_version_str()));
  if (o.replication < 0) throw Invalid("broker.replication", "0 (the broker's default) or more");
  if (o.sasl == holdfast::kafka::Sasl::none && !(o.username.empty() && o.password.empty()))
    throw Invalid("broker.sasl",
                  "a user and password are there: say how they are shown (plain, scram-sha-256, scram-sha-512)");
  if (o.sasl != holdfast::kafka::Sasl::none && (o.username.empty() || o.password.empty()))
    throw Invalid("broker.username", "broker.sasl needs broker.username and broker.password");
}

}  // namespace
}  // namespace transport::kafka

Transport transport::open_kafka(kafka::Settings settings) {
  kafka::check(settings.options);
  settings.broker = kafka::parse_address(settings.options.url);
  settings.topics = kafka::TopicMap(settings.options.topics);
  return Transport(std::make_shared<kafka::Broker>(std::make_shared<const kafka::Settings>(std::move(settings)),
                                                   ports::system_clock()));
}

Transport kafka::open(Options options) { return transport::open_kafka({.options = std::move(options)}); }

}  // namespace holdfast
