// holdfast topology on the bus in a file.
#include "integration/service/programs.hpp"

namespace holdfast::program_test {
namespace {

struct TopologyOfTheBus : Programs {
  Ran topology(const Words& more) const {
    Words words{"--broker", url("bus.db"), "topology"};
    words.insert(words.end(), more.begin(), more.end());
    return holdfast(words);
  }
};

TEST_F(TopologyOfTheBus, MakesComparesAndShowsAQueueThatNoProgramHasUsed) {
  const Words shop{"--queue", "shop.q", "--events", "order.created.*"};
  const auto with = [&](Words verb, const Words& more = {}) {
    verb.insert(verb.end(), shop.begin(), shop.end());
    verb.insert(verb.end(), more.begin(), more.end());
    return topology(verb);
  };
  EXPECT_EQ(with({"verify"}).code, 3) << "there is no bus, and looking makes none";
  EXPECT_EQ(topology({"apply", "--queue", "other.q", "--events", "#"}).code, 0);
  const auto before = with({"verify"});
  EXPECT_EQ(before.code, 1);
  EXPECT_EQ(before.out, "missing: queue shop.dlq\nmissing: queue shop.q\nmissing: binding order.created.* -> shop.q\n");
  const auto applied = with({"apply"});
  EXPECT_EQ(applied.code, 0) << applied.err;
  EXPECT_EQ(applied.out, "queue shop.dlq\nqueue shop.q, by key\nbinding order.created.* -> shop.q\n");
  EXPECT_EQ(with({"show"}).out, applied.out);
  EXPECT_EQ(with({"verify"}).code, 0);
  const auto differs = with({"verify"}, {"--ordering", "none", "--events", "stock.#"});
  EXPECT_EQ(differs.code, 1);
  EXPECT_EQ(differs.out, "queue shop.q is kept by key, not in any order\nmissing: binding stock.# -> shop.q\n");
  EXPECT_EQ(with({"permissions"}).code, 2) << "whose?";
  EXPECT_EQ(topology({"apply", "--queue", "shop.q"}).code, 2) << "which events?";
  const auto rights = with({"permissions"}, {"--user", "shop"});
  EXPECT_EQ(rights.code, 0);
  EXPECT_TRUE(has(rights.err, "this broker gives no rights to users")) << rights.err;
}

TEST_F(TopologyOfTheBus, KnowsWhatTheConsumersOfADatabaseAskedFor) {
  auto order = start("order");
  const Words show{"--database", url("order.db"), "--broker", url("bus.db"), "topology", "show"};
  EXPECT_TRUE(eventually([&] { return has(holdfast(show).out, "binding payment.declined.* -> order.outcomes.q"); }))
      << "its consumer starts a moment after it is ready";
  EXPECT_EQ(order.stop(), 0);
  EXPECT_EQ(holdfast({"--database", url("order.db"), "--broker", url("bus.db"), "topology", "verify"}).code, 0);
  ASSERT_EQ(holdfast({"--database", url("empty.db"), "migrate"}).code, 0);
  const auto nobody = holdfast({"--database", url("empty.db"), "--broker", url("bus.db"), "topology", "show"});
  EXPECT_EQ(nobody.code, 3);
  EXPECT_TRUE(has(nobody.err, "no consumer has started here yet; name its queue with --queue")) << nobody.err;
  EXPECT_EQ(topology({"show"}).code, 2) << "which database?";
}

}  // namespace
}  // namespace holdfast::program_test
