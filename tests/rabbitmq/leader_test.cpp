// A quorum queue whose leader is away: the broker answers nack in mid-stream and takes later events in the same session.
#include "rabbitmq/relays.hpp"

namespace holdfast::rabbit_test {
namespace {

/// The leader of a queue of this one-node broker does not run while this lives.
class WithoutLeader {
 public:
  WithoutLeader(const Vhost& vhost, const std::string& queue) : leader_("'" + vhost.name() + "_" + queue + "'") {
    tell("stop_server");
  }
  ~WithoutLeader() { tell("restart_server"); }

 private:
  void tell(const std::string& what) const {
    server().ctl({"eval", "ok = ra:" + what + "(quorum_queues, {" + leader_ + ", node()})."});
  }
  const std::string leader_;
};

/// The first publish of a session meets no leader, later ones do: the later ones pass it.
TEST_F(RabbitTest, G4_Order_ANackInMidStreamIsWhyOneOfAKeyFliesAtATime) {
  subscribe({"q", {"#"}})->disconnect();
  server().settle_new_queues();
  std::optional<WithoutLeader> away(std::in_place, vhost, "q");
  const auto publisher = broker->publisher();
  const auto first = event("first"), second = event("second");
  Results results;
  ASSERT_TRUE(publisher->accept({1, &first}));
  publisher->pump(now() + ports::Millis(300), results);
  away.reset();
  for (std::uint64_t i = 2; count(results, Outcome::confirmed) == 0; ++i) {
    ASSERT_TRUE(publisher->accept({i, &second}));
    ASSERT_EQ(pump(*publisher, results, i - 1), ports::SessionState::open) << publisher->why_closed();
  }
  EXPECT_EQ(results.front().token, 1u);
  EXPECT_EQ(results.front().outcome, Outcome::nacked);
}

struct G4_RelayOnAQuorumQueue : RelayOnServers {};

TEST_F(G4_RelayOnAQuorumQueue, ItsLeaderStopsAgainAndAgain) {
  constexpr int keys = 40, steps = 30;
  declare("q", "test.step.*");
  server().settle_new_queues();
  int walked = 0;
  for (int times = 0; times < 3; ++times) {
    std::optional<WithoutLeader> away(std::in_place, vhost, "q");
    auto process = relay();  // a new session at a queue without leader
    const auto before = attempts();
    publish_all(keys, walked, walked + steps), walked += steps;
    ASSERT_TRUE(eventually([&] { return attempts() > before; })) << "nothing is refused: this test tests nothing";
    away.reset();
    publish_all(keys, walked, walked + steps), walked += steps;
    EXPECT_TRUE(sent_all());
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(), 0);
  }
  Arrivals arrivals(vhost, "q");
  EXPECT_TRUE(arrivals.until([&] { return arrivals.count() == static_cast<std::size_t>(keys * walked); }))
      << arrivals.count();
  for (int k = 1; k <= keys; ++k) EXPECT_EQ(arrivals.of(std::to_string(k)), up_to(walked)) << "key " << k;
}

}  // namespace
}  // namespace holdfast::rabbit_test
