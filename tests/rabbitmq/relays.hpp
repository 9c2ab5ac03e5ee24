// `holdfast relay` between a PostgreSQL outbox and a vhost of the broker, and what comes out of a queue.
#pragma once
#include "postgres/relays.hpp"
#include "rabbitmq/fixture.hpp"

namespace holdfast::rabbit_test {

using namespace std::chrono_literals;
using Json = detail::JsonValue;
using pg_test::Database;
using pg_test::Numbers;
using program_test::contents;
using program_test::eventually;
using program_test::has;
using program_test::Words;

/// What comes out of a queue: of each key the numbers of its events, in the order of their first arrival.
class Arrivals {
 public:
  Arrivals(const Vhost& vhost, const std::string& queue)
      : broker_(RabbitTest::open(vhost.options())), receiver_(broker_->receiver({queue, {}, false}, "test")) {
    receiver_->credit(20);
  }
  /// Takes what comes until it holds; false: not within a minute.
  [[nodiscard]] bool until(const std::function<bool()>& so) {
    return RabbitTest::eventually(*receiver_, [&](const ports::Received& got) {
      for (const auto& delivery : got.deliveries) add(delivery);
      RabbitTest::ack(*receiver_, got.deliveries);
      return so();
    });
  }
  std::size_t count() const { return seen_.size(); }
  Numbers of(const std::string& key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? Numbers() : found->second;
  }

 private:
  void add(const ports::Delivery& delivery) {
    const auto number = Json::parse(delivery.body).at("payload").at("n").integer();
    const auto key = delivery.key.value_or("");
    if (seen_.insert({key, number}).second) by_key_[key].push_back(number);
  }

  RabbitTest::Transport broker_;
  std::unique_ptr<ports::Receiver> receiver_;
  std::set<std::pair<std::string, std::int64_t>> seen_;
  std::map<std::string, Numbers> by_key_;
};

class RelayOnServers : public pg_test::Relays {
 protected:
  RelayOnServers() { broker = vhost.url(); }
  ~RelayOnServers() override {
    if (!server().running()) server().start();
  }
  void declare(const std::string& queue, const std::string& pattern) const {
    RabbitTest::open(vhost.options())->topology().declare({queue, {pattern}, false});
  }

  const Vhost vhost;
};

}  // namespace holdfast::rabbit_test
