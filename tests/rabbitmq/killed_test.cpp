// Consumers on PostgreSQL and RabbitMQ that die in the middle of their work. All that the broker had sent them comes back redelivered.
#include <csignal>

#include "chaos/crash.hpp"
#include "chaos/history.hpp"
#include "rabbitmq/fixture.hpp"

namespace holdfast::rabbit_test {
namespace {

struct Servers {
  const Vhost vhost;
  const pg_test::Database database;
};
struct KilledOnServers : Servers, chaos::Crash {
  KilledOnServers() : Crash(database.url(), vhost.url()) {}
  chaos::History history{database};
};

struct G5_CrashLoopOnServers : KilledOnServers {};

TEST_F(G5_CrashLoopOnServers, AnEventThatCrashesTheProcessDiesAlone) {
  publish({"bad", "1", "2", "3", "4", "5"});
  dies_alone("crash", chaos::crash_code);
}

struct G4_KilledOnServers : KilledOnServers {
  static constexpr int each = 60, rounds = 3, all = chaos::History::keys * each * rounds;
  /// So many came to the queue so far.
  bool came(int processes) {
    return chaos::eventually([&] {
      const auto log = child_log();
      int receiving = 0;
      for (std::size_t at = 0; (at = log.find(R"("receiving")", at)) != std::string::npos; ++at) ++receiving;
      return receiving == processes;
    });
  }
};

/// The first one that came is the active one of the queue, and its relay has the lease.
TEST_F(G4_KilledOnServers, TheNextOneGoesOnInTheOrderOfEachKey) {
  std::optional<demo::Process> active(start("good", all));
  ASSERT_TRUE(came(1)) << child_log();
  for (int round = 1; round <= rounds; ++round) {
    auto next = start("good", all);
    ASSERT_TRUE(came(1 + round)) << child_log();
    const int before = history.handled();
    history.publish(each);
    ASSERT_TRUE(chaos::eventually([&] { return history.handled() > before; })) << child_log();
    active->signal(SIGKILL);
    active->wait();
    EXPECT_LT(history.handled(), history.published()) << "it had done all: this test tests nothing";
    active.emplace(std::move(next));
  }
  EXPECT_TRUE(chaos::eventually([&] { return !active->running(); })) << history.handled();
  history.judge();
  EXPECT_TRUE(dead().empty());
}

}  // namespace
}  // namespace holdfast::rabbit_test
