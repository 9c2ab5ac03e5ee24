// A real broker, one partition a topic. A group moves only if all its members do, and each has a thread of its own in earnest: here
// whoever is pumped has the others served, too, and what comes for them waits until it is their turn.
#include <set>

#include "kafka_server/brokers.hpp"
#include "suite.hpp"
#include "transport/kafka/open.hpp"

namespace holdfast::conformance {
namespace {

using namespace std::chrono_literals;

class Member;
using Members = std::set<Member*>;

class Member : public ports::Receiver {
 public:
  Member(std::unique_ptr<ports::Receiver> own, Members& all) : own_(std::move(own)), all_(all) { all_.insert(this); }
  ~Member() override { all_.erase(this); }

  ports::ReceiverTraits traits() const override { return own_->traits(); }
  void pump(ports::Tick until, ports::Received& out) override {
    const auto& clock = ports::system_clock();
    const auto settles = clock.steady() + 10s;
    do {
      for (auto* member : all_)
        if (member != this && member->at_work_) member->serve(clock.steady());
      serve(called_ ? clock.steady() : std::min(until, clock.steady() + 5ms));
    } while (!called_ && !got_.deliveries.size() && got_.ended.empty() &&
             clock.steady() < (got_.connected ? until : settles) &&
             got_.problem.find("ended by this program") == std::string::npos);
    called_ = false;
    out = std::exchange(got_, {});
  }
  void ack(std::span<const ports::Position> settled) override { own_->ack(settled); }
  void credit(int most) override { own_->credit(most); }
  std::string destination_after(ports::Millis delay) const override { return own_->destination_after(delay); }
  std::string dead_letter_destination() const override { return own_->dead_letter_destination(); }
  void disconnect() override { own_->disconnect(), at_work_ = false; }
  void wake() noexcept override { called_ = true, own_->wake(); }
  void abort() noexcept override { own_->abort(); }

 private:
  void serve(ports::Tick until) {
    at_work_ = true;
    ports::Received more;
    own_->pump(until, more);
    got_.connected = more.connected, got_.empty = more.empty, got_.problem = more.problem;
    std::move(more.deliveries.begin(), more.deliveries.end(), std::back_inserter(got_.deliveries));
    std::move(more.ended.begin(), more.ended.end(), std::back_inserter(got_.ended));
  }

  const std::unique_ptr<ports::Receiver> own_;
  Members& all_;
  ports::Received got_;
  bool at_work_ = false;  // somebody has pumped it
  bool called_ = false;
};

class Served : public detail::TransportBase {
 public:
  explicit Served(std::shared_ptr<detail::TransportBase> broker) : broker_(std::move(broker)) {}
  std::string name() const override { return broker_->name(); }
  ports::Topology& topology() override { return broker_->topology(); }
  std::unique_ptr<ports::Publisher> publisher() override { return broker_->publisher(); }
  std::unique_ptr<ports::Receiver> receiver(const ports::Queue& queue, const std::string& instance) override {
    return std::make_unique<Member>(broker_->receiver(queue, instance), members_);
  }
  std::unique_ptr<ports::Receiver> dead_letters(const std::string& queue, const std::string& instance) override {
    return broker_->dead_letters(queue, instance);
  }

 private:
  const std::shared_ptr<detail::TransportBase> broker_;
  Members members_;
};

class KafkaBench : public TransportBench {
 public:
  KafkaBench(const std::string& topics, kafka::Rebalance rebalance) : broker_(open(topics, rebalance)) {}
  detail::TransportBase& transport() override { return broker_; }
  const ports::Clock& clock() override { return ports::system_clock(); }
  TransportFeatures features() const override {
    return {.sees_what_others_have = false,
            .sees_missing_bindings = false,
            .acks_each = false,
            .shares_each = false,
            .tells_handed_out = false,
            .dead_letters = ".dlt",
            .sessions = 20};
  }
  ports::Millis patience() const override { return 30s; }
  void pass(ports::Millis) override {}
  void remove_binding(const std::string&, const std::string&) override {}

 private:
  static std::shared_ptr<detail::TransportBase> open(const std::string& topics, kafka::Rebalance rebalance) {
    kafka_test::Operator(kafka_test::server().servers()).empty();
    auto settings = kafka_test::settings(kafka_test::server().url());
    settings.options.topics = topics, settings.options.rebalance = rebalance;
    return transport::open_kafka(std::move(settings)).impl();
  }
  Served broker_;
};

std::vector<TransportCase> cases() {
  std::vector<TransportCase> all;
  const auto add = [&](std::string name, std::string topics, kafka::Rebalance rebalance) {
    all.push_back({std::move(name), [=] { return std::make_unique<KafkaBench>(topics, rebalance); }});
  };
  add("a_topic_for_each_type", "", kafka::Rebalance::eager);
  for (const auto rebalance : kafka_test::rebalances())
    add(rebalance == kafka::Rebalance::eager ? "shared_topics_eager" : "shared_topics_cooperative",
        "keyed.#=all-keyed, loose.#=all-loose, #=events", rebalance);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Kafka, TransportConformance, testing::ValuesIn(cases()),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace holdfast::conformance
