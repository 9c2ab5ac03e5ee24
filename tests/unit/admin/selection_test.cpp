// What an operator types, as a selection; whoever mistypes is told which flag.
#include "admin/selection.hpp"

#include <gtest/gtest.h>

#include "holdfast/errors.hpp"

namespace holdfast::admin {
namespace {

using namespace std::chrono_literals;

const Timestamp now = from_iso8601("2025-08-22T09:30:00Z");

std::string fault(const SelectionText& text) {
  try {
    parse(text, now);
  } catch (const Invalid& invalid) { return invalid.what(); }
  return "nothing is wrong";
}

TEST(Selection, TakesEachFieldToItsPlace) {
  const auto s = parse({.consumer = "inventory",
                        .type = "order.created.v1",
                        .reason = "exhausted",
                        .error = "shelf",
                        .key = "7",
                        .limit = 3},
                       now);
  EXPECT_EQ(s.consumer, "inventory");
  EXPECT_EQ(s.type, "order.created.v1");
  EXPECT_EQ(s.reason, "exhausted");
  EXPECT_EQ(s.error, "shelf");
  EXPECT_EQ(s.key, "7");
  EXPECT_EQ(s.limit, 3);
  EXPECT_EQ(s.since, std::nullopt);
  EXPECT_TRUE(s.ids.empty());
}

TEST(Selection, ATimeIsASpanBackOrADate) {
  const struct {
    const char* text;
    Timestamp time;
  } cases[] = {{"90s", now - 90s}, {"5m", now - 5min}, {"2h", now - 2h},
               {"3d", now - 72h},  {"0s", now},        {"2025-08-21T00:00:00Z", from_iso8601("2025-08-21T00:00:00Z")}};
  for (const auto& c : cases) {
    EXPECT_EQ(parse({.since = c.text}, now).since, c.time) << c.text;
    EXPECT_EQ(parse({.until = c.text}, now).until, c.time) << c.text;
  }
  for (const auto* bad : {"yesterday", "2 h", "h", "-2h", "2", "2w", "9999999999h", "2025-08-21"}) {
    EXPECT_TRUE(fault({.since = bad}).starts_with("--since: '" + std::string(bad) + "' is no time"))
        << fault({.since = bad});
    EXPECT_TRUE(fault({.until = bad}).starts_with("--until: ")) << bad;
  }
}

TEST(Selection, IdsAreReadDashedOrNot) {
  const auto s = parse({.ids = {"1f09f4f7a1d24575a2b4b2a1b35c0b1a", "1f09f4f7-a1d2-4575-a2b4-b2a1b35c0b1a"}}, now);
  ASSERT_EQ(s.ids.size(), 2u);
  EXPECT_EQ(s.ids[0], s.ids[1]);
  EXPECT_EQ(fault({.ids = {"12045"}}), "12045: is no event id: 32 hex digits, dashed or not");
  EXPECT_EQ(fault({.limit = 0}), "--limit: at least 1");
}

TEST(Selection, IsToldInWordsForTheRecord) {
  EXPECT_EQ(describe({}), "all");
  EXPECT_EQ(describe({.limit = 5}), "all limit=5");
  EXPECT_EQ(describe({.consumer = "inventory", .since = "2h", .ids = {"a", "b"}}),
            "consumer=inventory since=2h id=a id=b");
}

}  // namespace
}  // namespace holdfast::admin
