// Two instances of one service, both at the same event at once.
#include "gateway.hpp"
#include "place.hpp"

namespace holdfast::host_test {
namespace {

struct G3_Rivals : Place {};

TEST_F(G3_Rivals, TwoInstancesThatCallOutsideAtOnceForOneEventMakeOneEffect) {
  Gateway gateway;
  auto subscription = taking("pay");
  subscription.ordering = Ordering::none;
  subscription.batch = 1;
  const auto pay = [&](Context& ctx, const Placed& placed) {
    gateway.charge(ctx.info().id);
    seen.add("asked for its transaction");
    effect(ctx, placed.text);
    ctx.publish(Reserved{placed.orderId});
    seen.add("wrote");
  };
  Ears rivals_ears;
  Host rival(options("rival", "test.db"));
  rivals_ears.listen(rival);
  host.subscribe(subscription, pay), rival.subscribe(subscription, pay);
  host.start(), rival.start();
  const EventId id = EventId::of_body("one");
  for (int copies = 0; copies < 3; ++copies) publish({1, "paid"}, {.id = id});  // one instance holds at most two
  const auto one = [](const Ears::Heard& heard) { return heard.settled("pay") >= 1; };
  ASSERT_TRUE(ears.until(one));
  ASSERT_TRUE(rivals_ears.until(one));
  host.stop(), rival.stop();
  EXPECT_EQ(gateway.charges(), 1u);
  EXPECT_EQ(effects(), std::vector<std::string>{"paid"});
  EXPECT_EQ(ears.counts("pay").handled + rivals_ears.counts("pay").handled, 1);
  EXPECT_EQ(state("pay", id), "handled");
  const std::string reserved = " WHERE type = 'test.reserved.v1'";
  EXPECT_EQ(Db(folder.file("test.db"))
                .one("SELECT (SELECT count(*) FROM holdfast_outbox" + reserved +
                     ") + (SELECT count(*) FROM holdfast_outbox_published" + reserved + ")"),
            "1")
      << "the loser leaves nothing";
}

}  // namespace
}  // namespace holdfast::host_test
