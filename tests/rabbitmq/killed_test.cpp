// Consumers on PostgreSQL and RabbitMQ that die in the middle of their work. All that the broker had sent them comes back redelivered.
#include <csignal>
#include <map>
#include <sstream>

#include "chaos/crash.hpp"
#include "postgres_server/databases.hpp"
#include "rabbitmq/fixture.hpp"

namespace holdfast::rabbit_test {
namespace {

struct Servers {
  const Vhost vhost;
  const pg_test::Database database;
};
struct KilledOnServers : Servers, chaos::Crash {
  KilledOnServers() : Crash(database.url(), vhost.url()) {
    database.sql("CREATE TABLE effects(n bigint GENERATED ALWAYS AS IDENTITY, what text); GRANT ALL ON effects TO app");
  }
};

struct G5_CrashLoopOnServers : KilledOnServers {};

TEST_F(G5_CrashLoopOnServers, AnEventThatCrashesTheProcessDiesAlone) {
  publish({"bad", "1", "2", "3", "4", "5"});
  dies_alone("crash", chaos::crash_code);
}

struct G4_KilledOnServers : KilledOnServers {
  static constexpr int keys = 16, each = 60, rounds = 3, all = keys * each * rounds;
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
  /// So many came to the queue so far.
  bool came(int processes) {
    return chaos::eventually([&] {
      const auto log = child_log();
      int receiving = 0;
      for (std::size_t at = 0; (at = log.find(R"("receiving")", at)) != std::string::npos; ++at) ++receiving;
      return receiving == processes;
    });
  }
  int sent = 0;
};

/// The first one that came is the active one of the queue, and its relay has the lease.
TEST_F(G4_KilledOnServers, TheNextOneGoesOnInTheOrderOfEachKey) {
  std::optional<demo::Process> active(start("good", all));
  ASSERT_TRUE(came(1)) << child_log();
  for (int round = 1; round <= rounds; ++round) {
    auto next = start("good", all);
    ASSERT_TRUE(came(1 + round)) << child_log();
    const int before = handled();
    publish_some();
    ASSERT_TRUE(chaos::eventually([&] { return handled() > before; })) << child_log();
    active->signal(SIGKILL);
    active->wait();
    EXPECT_LT(handled(), sent * keys) << "it had done all: this test tests nothing";
    active.emplace(std::move(next));
  }
  EXPECT_TRUE(chaos::eventually([&] { return !active->running(); })) << handled();
  std::map<std::string, std::vector<std::string>> by_key;
  std::istringstream rows(database.sql("SELECT what FROM effects ORDER BY n"));
  for (std::string key, number; rows >> key >> number;) by_key[key].push_back(number);
  std::vector<std::string> right;
  for (int n = 0; n < sent; ++n) right.push_back(std::to_string(n));
  EXPECT_EQ(by_key.size(), static_cast<std::size_t>(keys));
  for (const auto& [key, numbers] : by_key) EXPECT_EQ(numbers, right) << "of key " << key;
  EXPECT_TRUE(dead().empty());
}

}  // namespace
}  // namespace holdfast::rabbit_test
