// Consumers and relays on PostgreSQL and a cluster of three brokers, killed in turn with the brokers; then the history of effects is
// judged.
#include <csignal>
#include <optional>

#include "chaos/crash.hpp"
#include "chaos/history.hpp"
#include "kafka/fixture.hpp"

namespace holdfast::kafka_test {
namespace {

struct Servers {
  explicit Servers(int brokers) : kafka({.brokers = brokers}) {}
  servers::Kafka kafka;
  const pg_test::Database database;
};
struct KilledOnKafka : Servers, chaos::Crash {
  explicit KilledOnKafka(int brokers = 1) : Servers(brokers), Crash(database.url(), kafka.url()) {}
  chaos::History history{database};
};

struct G5_CrashLoopOnKafka : KilledOnKafka {};

/// Kafka has no flag of redelivery: what the commits say has to find the culprit.
TEST_F(G5_CrashLoopOnKafka, AnEventThatCrashesTheProcessDiesAlone) {
  publish({"bad", "1", "2", "3", "4", "5"});
  dies_alone("crash", chaos::crash_code);
}

/// Two processes, each with partitions; one of them has the lease of the relay. min.insync.replicas is 2.
struct G4_KilledOnCluster : KilledOnKafka {
  static constexpr int each = 60, bursts = 4, rounds = 3, all = chaos::History::keys * each * bursts * rounds;
  G4_KilledOnCluster() : KilledOnKafka(3) {}
  void await_more_than(int before) {
    EXPECT_TRUE(chaos::eventually([&] { return history.handled() > before; })) << child_log();
  }
  bool has_lease(const demo::Process& process) const {
    return database.sql("SELECT split_part(owner, '/', 2) FROM holdfast.relay_lease") == std::to_string(process.pid());
  }
};

/// In each round a broker and the process that has the lease end in the middle; the broker comes back, and so does a process.
TEST_F(G4_KilledOnCluster, NothingIsLostDoubledOrOutOfOrder) {
  std::optional<demo::Process> first(start("good", all)), second(start("good", all));
  for (int round = 0; round < rounds; ++round) {
    const int before = history.handled();
    history.publish(each);
    await_more_than(before);
    history.publish(each);
    kafka.stop(SIGKILL, round);
    const int at_kill = history.handled();
    history.publish(each);
    await_more_than(at_kill);
    history.publish(each);
    auto& owner = has_lease(*first) ? first : second;
    owner->signal(SIGKILL);
    owner->wait();
    EXPECT_LT(history.handled(), history.published()) << "all was done: this round tests nothing";
    owner.emplace(start("good", all));
    kafka.start(round), kafka.await();
  }
  EXPECT_TRUE(chaos::eventually([&] { return history.handled() == all; })) << history.handled() << child_log();
  history.judge();
  EXPECT_TRUE(dead().empty());
}

}  // namespace
}  // namespace holdfast::kafka_test
