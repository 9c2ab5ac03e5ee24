#include "event/since_epoch.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using std::chrono::microseconds, std::chrono::milliseconds;

TEST(SinceEpoch, ATimeThatNoTimestampHoldsIsTheNearestOne) {
  EXPECT_EQ(since_epoch(milliseconds(1'500)), Timestamp(milliseconds(1'500)));
  const auto last = Timestamp::max() - since_epoch(microseconds::max());
  EXPECT_TRUE(last >= last.zero() && last < microseconds(1)) << last.count();
  const auto first = since_epoch(milliseconds::min()) - Timestamp::min();
  EXPECT_TRUE(first >= first.zero() && first < milliseconds(1)) << first.count();
}

}  // namespace
}  // namespace holdfast
