// Two relays on one outbox, one in order-service, one `holdfast relay`. The one that has the lease is stopped past its end and
// wakes up as a zombie in the middle of its work: nothing is lost and each key stays in order.
#include <csignal>
#include <map>

#include "holdfast/connect.hpp"
#include "holdfast/host.hpp"
#include "host/impl.hpp"
#include "kit.hpp"

namespace holdfast::chaos {
namespace {

struct Step {
  static constexpr std::string_view type = "test.step.v1";
  std::int64_t walker = 0, number = 0;
  std::string key() const { return std::to_string(walker); }
};

constexpr int walkers = 5;

struct G4_TwoRelays : testing::Test {
  G4_TwoRelays()
      : shop(0, seed()),
        order(open_store(shop.folder.url("order.db"))),
        recorder({.name = "recorder",
                  .store = open_store(shop.folder.url("recorder.db")),
                  .transport = open_transport(shop.folder.url("bus.db")),
                  .log = [](const LogLine&) {}}) {
    recorder.store().transact([](Transaction& tx) { tx.exec("CREATE TABLE steps(walker INTEGER, number INTEGER)"); });
    recorder.subscribe({.consumer = "recorder"}, [](Context& ctx, const Step& step) {
      ctx.tx().exec("INSERT INTO steps VALUES ($1, $2)", step.walker, step.number);
    });
    recorder.start();
  }

  /// As a program that publishes by SQL: the next steps of all walkers.
  void walk(int steps) {
    for (int i = 0; i < steps; ++i, ++walked)
      order.transact([&](Transaction& tx) {
        for (int w = 0; w < walkers; ++w) outbox.publish(tx, Step{w, walked});
      });
  }
  bool arrived() {
    return recorder.store().transact(
               [](Transaction& tx) { return tx.query<int>("SELECT count(*) FROM steps").one(); }) >= walkers * walked;
  }
  pid_t lease_owner() {
    const auto owner = order.transact(
        [](Transaction& tx) { return tx.query<std::string>("SELECT owner FROM holdfast_relay_lease").one_or_none(); });
    if (!owner) return 0;
    return std::stoi(owner->substr(owner->find('/') + 1));
  }
  /// A stopped process keeps the locks it has: stopped between two transactions it disturbs nobody.
  bool stop_between_transactions(pid_t pid) {
    kill(pid, SIGSTOP);
    const auto writable = [](const std::string& url) {
      try {
        (void)open_store(url).begin();
        return true;
      } catch (const Unavailable&) { return false; }
    };
    if (writable(shop.folder.url("order.db")) && writable(shop.folder.url("bus.db"))) return true;
    kill(pid, SIGCONT);
    return false;
  }

  Shop shop;
  Store order;
  Host recorder;
  Outbox outbox{"walker"};
  int walked = 0;
};

TEST_F(G4_TwoRelays, AZombieChangesNeitherOrderNorNumber) {
  demo::Process daemon({(std::filesystem::path(HOLDFAST_BIN_DIR) / "holdfast").string(),
                        {"--database", shop.folder.url("order.db"), "--broker", shop.folder.url("bus.db"), "relay"},
                        {},
                        (shop.folder.path() / "relay.log").string()});
  daemon.read_line(std::chrono::seconds(30));
  walk(20);
  ASSERT_TRUE(eventually([&] { return arrived(); }));
  const pid_t first = lease_owner();
  ASSERT_TRUE(first == daemon.pid() || first == shop.system.process(demo::Part::order).pid()) << first;

  walk(20);  // in the middle of these
  ASSERT_TRUE(eventually([&] { return stop_between_transactions(first); }));
  walk(20);
  EXPECT_TRUE(eventually([&] { return lease_owner() != first; })) << "the other one never took over";
  walk(20);
  kill(first, SIGCONT);  // a zombie with what it had in its hands
  walk(20);
  EXPECT_TRUE(eventually([&] { return arrived(); }));

  recorder.stop();
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), 0);
  std::map<int, int> next;
  recorder.store().transact([&](Transaction& tx) {
    for (const auto& [walker, number] : tx.query<int, int>("SELECT walker, number FROM steps ORDER BY rowid"))
      EXPECT_EQ(number, next[walker]++) << "walker " << walker << " out of step";
  });
  for (int w = 0; w < walkers; ++w) EXPECT_EQ(next[w], walked) << "walker " << w;
}

}  // namespace
}  // namespace holdfast::chaos
