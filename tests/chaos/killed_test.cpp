// SIGKILL of any service at any moment while orders come in: nothing lost, nothing doubled. Each of them writes the bus.
#include <csignal>
#include <random>
#include <thread>

#include "http/client.hpp"
#include "kit.hpp"

namespace holdfast::chaos {
namespace {

/// Kills and starts again whichever the seed says, each time a few more orders are placed.
class Killer {
 public:
  Killer(Shop& shop, std::uint64_t seed) : shop_(shop), random_(seed) {}

  void maybe(int placed) {
    if (placed < next_) return;
    next_ = placed + 1 + static_cast<int>(random_() % 25);
    kill(demo::parts[random_() % demo::parts.size()]);
  }
  void kill(demo::Part part) {
    shop_.system.process(part).signal(SIGKILL);
    shop_.system.process(part).wait();
    shop_.system.start(part);
    ++kills_;
  }
  int kills() const { return kills_; }

 private:
  Shop& shop_;
  std::mt19937_64 random_;
  int next_ = 5, kills_ = 0;
};

void orders_survive(int orders, std::uint64_t seed) {
  SCOPED_TRACE("CHAOS_SEED=" + std::to_string(seed));
  Shop shop(orders, seed);
  Killer killer(shop, seed);
  std::atomic<int> placed = 0;
  std::atomic<bool> all_placed = false;
  std::jthread customers([&] {
    shop.place([&](int n) { placed = std::max(placed.load(), n), placed.notify_one(); });
    all_placed = true, ++placed, placed.notify_one();
  });
  for (int seen = 0; !all_placed; placed.wait(seen), seen = placed) killer.maybe(seen);
  customers.join();
  for (const auto part : demo::parts) killer.kill(part);  // and once more, with all the backlog there
  EXPECT_TRUE(eventually([&] { return shop.settled(); })) << shop.words();
  const auto account = shop.account();
  EXPECT_TRUE(account.nothing_lost()) << shop.words();
  EXPECT_EQ(account.placed, orders) << "an order that was placed twice, or lost";
  EXPECT_GE(killer.kills(), 4);
  for (const auto& consumer : account.consumers)
    EXPECT_EQ(consumer.dead, 0) << consumer.name << ": a kill from outside is nobody's fault. " << shop.words();
  shop.system.stop();
}

TEST(G1_NoLoss, AnyServiceKilledAtAnyMoment) { orders_survive(99, seed()); }  // from 100 on one is refused for 10 s

TEST(G1_NoLoss, DISABLED_AnyServiceKilledAtAnyMomentManySeeds) {
  for (std::uint64_t s = seed(); s < seed() + 10 && !testing::Test::HasFailure(); ++s) orders_survive(400, s);
}

/// "holdfast_consumer_duplicates_total" of a service, of all its consumers.
double duplicates(const std::string& url) {
  const auto text = http::Client(url).get("/metrics").body;
  const std::string name = "holdfast_consumer_duplicates_total{";
  double sum = 0;
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1))
    sum += std::stod(text.substr(text.find("} ", at) + 2));
  return sum;
}

/// SIGTERM in the middle of work: the service finishes what runs, acknowledges it and leaves with 0. What it took and did not
/// begin comes again, what it handled does not.
TEST(G3_OneEffect, ACleanEndLeavesNoDuplicates) {
  Shop shop(60, seed());
  shop.place([&](int placed) {
    if (placed != 30) return;
    for (const auto part : {demo::Part::inventory, demo::Part::payment}) shop.system.process(part).signal(SIGTERM);
  });
  for (const auto part : {demo::Part::inventory, demo::Part::payment}) {
    EXPECT_EQ(shop.system.process(part).wait(), 0);
    shop.system.start(part);
  }
  EXPECT_TRUE(eventually([&] { return shop.settled(); })) << shop.words();
  EXPECT_TRUE(shop.account().nothing_lost()) << shop.words();
  for (const auto part : demo::parts) EXPECT_EQ(duplicates(shop.system.http(part)), 0) << demo::name_of(part);
  for (const auto part : demo::parts) {
    shop.system.process(part).signal(SIGTERM);
    EXPECT_EQ(shop.system.process(part).wait(), 0);
  }
}

}  // namespace
}  // namespace holdfast::chaos
