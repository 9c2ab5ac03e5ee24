#include "http/uri.hpp"

#include <gtest/gtest.h>

namespace holdfast::http {
namespace {

using Segments = std::vector<std::string>;

TEST(Uri, DecodesPercentAndLeavesPlusInPaths) {
  EXPECT_EQ(percent_decode("a%2Fb%20c+%c3%A9"), "a/b c+\xc3\xa9");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
}

TEST(Uri, RefusesWhatIsNotEncodedWell) {
  for (const auto* text : {"%", "%2", "a%2", "%zz", "%-1", "%00"})
    EXPECT_EQ(percent_decode(text), std::nullopt) << text;
}

TEST(Uri, SplitsPathFromQuery) {
  EXPECT_EQ(split_target("/a?b=c?d")->path, "/a");
  EXPECT_EQ(split_target("/a?b=c?d")->query, "b=c?d");
  EXPECT_EQ(split_target("/a")->query, "");
  EXPECT_EQ(split_target("/a#part?x")->path, "/a");
}

TEST(Uri, TakesTheAbsoluteFormOfProxies) {
  EXPECT_EQ(split_target("http://shop.test:80/orders?x=1")->path, "/orders");
  EXPECT_EQ(split_target("http://shop.test")->path, "/");
  EXPECT_EQ(split_target("http://shop.test?x=1")->query, "x=1");
  EXPECT_EQ(split_target("/back?to=http://shop.test/x")->path, "/back");
  EXPECT_EQ(split_target("?to=http://shop.test/x")->query, "to=http://shop.test/x");
}

TEST(Uri, RefusesTargetsThatAreNoPath) {
  for (const auto* target : {"", "*", "orders", "shop.test:443"}) EXPECT_FALSE(split_target(target)) << target;
}

TEST(Uri, AnEncodedSlashStaysInItsSegment) {
  EXPECT_EQ(path_segments("/orders/a%2Fb"), (Segments{"orders", "a/b"}));
  EXPECT_EQ(path_segments("/"), (Segments{""}));
  EXPECT_EQ(path_segments("/orders/"), (Segments{"orders", ""}));
  EXPECT_EQ(path_segments("/orders/%G0"), std::nullopt);
}

TEST(Uri, FindsAQueryMemberByItsDecodedName) {
  EXPECT_EQ(query_member("after=5&limit=10", "limit"), "10");
  EXPECT_EQ(query_member("a%20b=c%26d", "a b"), "c&d");
  EXPECT_EQ(query_member("limit=1&limit=2", "limit"), "1");
  EXPECT_EQ(query_member("flag", "flag"), "");
  EXPECT_EQ(query_member("unlimited=1", "limit"), std::nullopt);
}

}  // namespace
}  // namespace holdfast::http
