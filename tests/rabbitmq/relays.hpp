// `holdfast relay` between a PostgreSQL outbox and a vhost of the broker, events by SQL, and what comes out of a queue.
#pragma once
#include <csignal>

#include "holdfast/contract.hpp"
#include "integration/service/programs.hpp"
#include "postgres_server/databases.hpp"
#include "rabbitmq/fixture.hpp"

namespace holdfast::rabbit_test {

using namespace std::chrono_literals;
using Json = detail::JsonValue;
using pg_test::Database;
using program_test::contents;
using program_test::eventually;
using program_test::has;
using program_test::Words;
using Numbers = std::vector<std::int64_t>;

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

class RelayOnServers : public program_test::Programs {
 protected:
  ~RelayOnServers() override {
    if (!server().running()) server().start();
  }
  demo::Process relay(const std::string& log = "relay.log") const {
    demo::Process process({HOLDFAST_BIN_DIR "/holdfast",
                           {"--database", database.url(), "--broker", vhost.url(), "relay"},
                           {},
                           file(log)});
    EXPECT_EQ(process.read_line(60s), R"({"ready":true,"name":"holdfast-relay"})") << contents(file(log));
    return process;
  }
  void declare(const std::string& queue, const std::string& pattern) const {
    RabbitTest::open(vhost.options())->topology().declare({queue, {pattern}, false});
  }
  /// As a program in another language does it. `more`: the other arguments of holdfast.publish.
  void publish(const std::string& type, const std::string& key, std::int64_t n, const std::string& more = "") const {
    database.sql("SELECT holdfast.publish('" + type + "', '" + key + "', '{\"n\":" + std::to_string(n) + "}'" + more +
                 ")");
  }
  /// The numbers from..to-1 of each of so many keys, in one transaction.
  void publish_all(int keys, int from, int to) const {
    database.sql("SELECT holdfast.publish('test.step.v1', k::text, json_build_object('n', n)) FROM generate_series(" +
                 std::to_string(from) + ", " + std::to_string(to - 1) + ") n, generate_series(1, " +
                 std::to_string(keys) + ") k");
  }
  std::int64_t number(const std::string& sql) const { return std::stoll(database.sql(sql)); }
  std::int64_t pending() const { return number("SELECT count(*) FROM holdfast.outbox"); }
  std::int64_t attempts() const { return number("SELECT coalesce(sum(Attempts), 0) FROM holdfast.outbox_messages"); }
  std::vector<Json> outbox(const Words& words) const { return Json::parse(command(words).out).elements(); }
  program_test::Ran command(Words words) const {
    words.insert(words.begin(), {"--database", database.url(), "--json", "outbox"});
    return holdfast(words);
  }
  static Numbers up_to(std::int64_t end) {
    Numbers out;
    for (std::int64_t n = 0; n < end; ++n) out.push_back(n);
    return out;
  }
  bool sent_all() const {
    return eventually([this] { return pending() == 0; });
  }

  const Vhost vhost;
  const Database database;
};

}  // namespace holdfast::rabbit_test
