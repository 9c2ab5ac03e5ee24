// `holdfast relay` between a PostgreSQL outbox and RabbitMQ: two of them, one a zombie, among nacks; events that no queue wants and
// events that the broker does not take, which stop nobody else; a broker that is killed.
#include <csignal>

#include "holdfast/contract.hpp"
#include "integration/service/programs.hpp"
#include "postgres_server/databases.hpp"
#include "rabbitmq/fixture.hpp"

namespace holdfast::rabbit_test {
namespace {

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
  std::int64_t attempts() const { return number("SELECT sum(Attempts) FROM holdfast.outbox_messages"); }
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

struct G4_RelaysOnServers : RelayOnServers {
  static constexpr int keys = 40;
  /// A queue that takes five and refuses the rest until somebody takes from it.
  void declare_narrow_queue() const {
    Client other(vhost.url());
    transport::rabbitmq::Table narrow;
    narrow.text("x-queue-type", "quorum").integer("x-max-length", 5).text("x-overflow", "reject-publish");
    other.declare("narrow", std::move(narrow));
    other.channel().exchange("orders.exchange", "topic");
    other.channel().bind("narrow", "orders.exchange", "test.step.*");
  }
  pid_t owner() const {
    return static_cast<pid_t>(number("SELECT coalesce(max(split_part(owner, '/', 2)), '0') FROM holdfast.relay_lease"));
  }
  void walk(int steps) { publish_all(keys, walked, walked + steps), walked += steps; }
  void await_nacks() const {
    const auto before = attempts();
    ASSERT_TRUE(eventually([&] { return attempts() > before; })) << "nothing is refused: this test tests nothing";
  }
  int walked = 0;
};

/// Each of the two is once the one that is stopped with events in its hands, and wakes up when they are the other's.
TEST_F(G4_RelaysOnServers, AZombieAmongNacksChangesNeitherOrderNorNumber) {
  declare_narrow_queue();
  Arrivals arrivals(vhost, "narrow");
  auto first = relay("first.log"), second = relay("second.log");
  for (int times = 0; times < 2; ++times) {
    walk(10);
    await_nacks();
    const auto before = arrivals.count();
    ASSERT_TRUE(arrivals.until([&] { return arrivals.count() > before + keys; }));
    const pid_t stopped = owner();
    ASSERT_TRUE(stopped == first.pid() || stopped == second.pid()) << stopped;
    kill(stopped, SIGSTOP);
    walk(10);
    EXPECT_TRUE(arrivals.until([&] { return owner() != stopped; })) << "the other one never took over";
    await_nacks();
    kill(stopped, SIGCONT);  // a zombie with what it had in its hands
    walk(10);
  }
  EXPECT_TRUE(arrivals.until([&] { return arrivals.count() == static_cast<std::size_t>(keys * walked); }))
      << arrivals.count();
  for (int k = 1; k <= keys; ++k) EXPECT_EQ(arrivals.of(std::to_string(k)), up_to(walked)) << "key " << k;
  EXPECT_TRUE(arrivals.until([&] { return pending() == 0; }));
  for (auto* process : {&first, &second}) {
    process->signal(SIGTERM);
    EXPECT_EQ(process->wait(), 0);
  }
}

struct G6_RelayOnServers : RelayOnServers {};

TEST_F(G6_RelayOnServers, WhatNoQueueWantsWaitsAndFlowsByItselfWhenTheBindingIsBack) {
  declare("known", "test.known.*");
  auto process = relay();
  publish("test.lost.v1", "1", 0), publish("test.known.v1", "1", 1), publish("test.known.v1", "2", 0);
  Arrivals known(vhost, "known");
  EXPECT_TRUE(known.until([&] { return known.count() == 1; }));
  EXPECT_TRUE(eventually([&] { return attempts() > 0; }));
  EXPECT_TRUE(eventually([&] { return has(contents(file("relay.log")), "reached no queue"); }));
  EXPECT_TRUE(has(contents(file("relay.log")), "test.lost.v1")) << contents(file("relay.log"));
  EXPECT_EQ(known.of("2"), Numbers{0}) << "another key waits for nobody";
  const auto waiting = outbox({"list"});
  ASSERT_EQ(waiting.size(), 2u) << "the event, and what is behind it in its key";
  EXPECT_EQ(waiting[0].at("type").string(), "test.lost.v1");
  EXPECT_EQ(waiting[0].at("attempts").integer(), 1);
  EXPECT_FALSE(waiting[0].at("refused").boolean());
  EXPECT_NE(waiting[0].at("lastError").string(), "");

  declare("lost", "test.lost.*");
  Arrivals lost(vhost, "lost");
  EXPECT_TRUE(lost.until([&] { return lost.count() == 1; }));
  EXPECT_TRUE(known.until([&] { return known.count() == 2; }));
  EXPECT_EQ(known.of("1"), Numbers{1});
  EXPECT_TRUE(sent_all());
}

TEST_F(G6_RelayOnServers, AKilledBrokerUsesUpNothing) {
  declare("q", "test.step.*");
  Arrivals arrivals(vhost, "q");
  server().settle_new_queues();
  auto process = relay();
  publish_all(20, 0, 200);
  EXPECT_TRUE(arrivals.until([&] { return arrivals.count() > 100; }));  // the others are on their way
  server().stop(SIGKILL);
  publish_all(20, 200, 210);
  EXPECT_TRUE(eventually([&] { return has(contents(file("relay.log")), "tried again"); }))
      << contents(file("relay.log"));
  EXPECT_EQ(attempts(), 0);
  server().start();
  EXPECT_TRUE(arrivals.until([&] { return arrivals.count() == 4'200; })) << arrivals.count();
  for (int k = 1; k <= 20; ++k) EXPECT_EQ(arrivals.of(std::to_string(k)), up_to(210)) << "key " << k;
  EXPECT_TRUE(arrivals.until([&] { return pending() == 0; }));
  EXPECT_EQ(attempts(), 0) << contents(file("relay.log"));
}

/// The broker takes no larger message while this lives.
struct SmallMessages {
  SmallMessages() { set(100'000); }
  ~SmallMessages() { set(134'217'728); }
  static void set(int most) {
    server().ctl({"eval", "application:set_env(rabbit, max_message_size, " + std::to_string(most) + ")."});
  }
};

struct G5_RelayOnServers : RelayOnServers {
  void publish_too_large(const std::string& key) const {
    database.sql("SELECT holdfast.publish('test.step.v1', '" + key +
                 "', json_build_object('n', 0, 'text', repeat('x', 200000)))");
  }
  std::string refused(const std::string& key) const {
    std::string id;
    EXPECT_TRUE(eventually([&] {
      for (const auto& row : outbox({"list", "--key", key}))
        if (row.at("refused").boolean()) id = row.at("id").string();
      return !id.empty();
    })) << contents(file("relay.log"));
    return id;
  }
};

TEST_F(G5_RelayOnServers, WhatTheBrokerDoesNotTakeStopsNobodyElseAndAnOperatorEndsIt) {
  declare("q", "test.step.*");
  std::optional<SmallMessages> small(std::in_place);
  auto process = relay();
  Arrivals arrivals(vhost, "q");
  publish_too_large("large");
  publish("test.step.v1", "unencodable", 0, ", jsonb_build_object(repeat('n', 300), 'a name that AMQP cannot hold')");
  publish("test.step.v1", "large", 1), publish("test.step.v1", "unencodable", 1);
  publish_all(20, 0, 10);
  EXPECT_TRUE(arrivals.until([&] { return arrivals.count() == 200; })) << "the others";
  const auto large = refused("large"), unencodable = refused("unencodable");
  EXPECT_TRUE(eventually([&] { return pending() == 4; }));
  EXPECT_TRUE(has(contents(file("relay.log")), "is refused")) << contents(file("relay.log"));
  publish_all(20, 10, 20);
  EXPECT_TRUE(arrivals.until([&] { return arrivals.count() == 400; })) << "later ones too";
  EXPECT_TRUE(eventually([&] { return pending() == 4; }));

  EXPECT_EQ(command({"discard", unencodable, "--yes"}).out, "{\"done\":1}\n");
  EXPECT_TRUE(arrivals.until([&] { return arrivals.of("unencodable") == Numbers{1}; }));
  EXPECT_EQ(command({"retry", large, "--yes"}).out, "{\"done\":1}\n");
  EXPECT_EQ(refused("large"), large) << "in vain, while the broker is as it was";
  small.reset();
  EXPECT_EQ(command({"retry", large, "--yes"}).out, "{\"done\":1}\n");
  EXPECT_TRUE(arrivals.until([&] { return arrivals.of("large") == up_to(2); }));
  EXPECT_TRUE(sent_all());
}

}  // namespace
}  // namespace holdfast::rabbit_test
