// Consumers and relays on PostgreSQL and a cluster of three brokers, killed in turn with the brokers; then the history of effects is
// judged.
#include <csignal>
#include <map>
#include <optional>
#include <sstream>

#include "chaos/crash.hpp"
#include "kafka/fixture.hpp"
#include "postgres_server/databases.hpp"

namespace holdfast::kafka_test {
namespace {

struct Servers {
  explicit Servers(int brokers) : kafka({.brokers = brokers}) {}
  servers::Kafka kafka;
  const pg_test::Database database;
};
struct KilledOnKafka : Servers, chaos::Crash {
  explicit KilledOnKafka(int brokers = 1) : Servers(brokers), Crash(database.url(), kafka.url()) {
    database.sql("CREATE TABLE effects(n bigint GENERATED ALWAYS AS IDENTITY, what text); GRANT ALL ON effects TO app");
  }
};

struct G5_CrashLoopOnKafka : KilledOnKafka {};

/// Kafka has no flag of redelivery: what the commits say has to find the culprit.
TEST_F(G5_CrashLoopOnKafka, AnEventThatCrashesTheProcessDiesAlone) {
  publish({"bad", "1", "2", "3", "4", "5"});
  dies_alone("crash", chaos::crash_code);
}

/// Two processes, each with partitions; one of them has the lease of the relay. min.insync.replicas is 2.
struct G4_KilledOnCluster : KilledOnKafka {
  static constexpr int keys = 16, each = 60, rounds = 3, all = keys * each * rounds;
  G4_KilledOnCluster() : KilledOnKafka(3) {}
  /// The next numbers of each key, by SQL: whichever process has the lease sends them.
  void publish_some() {
    database.sql(
        "SELECT holdfast.publish('test.blow.v1', k::text, json_build_object('number', k, 'what', k || ' ' || n)) "
        "FROM generate_series(" +
        std::to_string(sent) + ", " + std::to_string(sent + each - 1) + ") n, generate_series(1, " +
        std::to_string(keys) + ") k");
    sent += each;
  }
  int handled() const { return std::stoi(database.sql("SELECT count(*) FROM effects")); }
  void await_more_than(int before) {
    EXPECT_TRUE(chaos::eventually([&] { return handled() > before; })) << child_log();
  }
  void judge() {
    std::map<std::string, std::vector<std::string>> by_key;
    std::istringstream rows(database.sql("SELECT what FROM effects ORDER BY n"));
    for (std::string key, number; rows >> key >> number;) by_key[key].push_back(number);
    std::vector<std::string> right;
    for (int n = 0; n < sent; ++n) right.push_back(std::to_string(n));
    EXPECT_EQ(by_key.size(), static_cast<std::size_t>(keys));
    for (const auto& [key, numbers] : by_key) EXPECT_EQ(numbers, right) << "of key " << key;
    EXPECT_TRUE(dead().empty());
  }
  int sent = 0;
};

/// In each round a broker and the process that has the lease end in the middle; the broker comes back, and so does a process.
TEST_F(G4_KilledOnCluster, NothingIsLostDoubledOrOutOfOrder) {
  std::optional<demo::Process> first(start("good", all)), second(start("good", all));
  const auto has_lease = [&](const demo::Process& process) {
    return database.sql("SELECT split_part(owner, '/', 2) FROM holdfast.relay_lease") == std::to_string(process.pid());
  };
  for (int round = 0; round < rounds; ++round) {
    int before = handled();
    publish_some();
    await_more_than(before);
    kafka.stop(SIGKILL, round);
    before = handled();
    if (before < sent * keys) await_more_than(before);
    auto& owner = has_lease(*first) ? first : second;
    owner->signal(SIGKILL);
    owner->wait();
    owner.emplace(start("good", all));
    kafka.start(round), kafka.await();
  }
  EXPECT_TRUE(chaos::eventually([&] { return handled() == all; })) << handled() << child_log();
  judge();
}

}  // namespace
}  // namespace holdfast::kafka_test
