#include "ports/clock.hpp"

#include <gtest/gtest.h>

namespace holdfast::ports {
namespace {

using namespace std::chrono_literals;

TEST(Clock, WhatIsLeftIsRoundedUpAndNeverNegative) {
  const Tick now{1h};
  EXPECT_EQ(milliseconds_left(now + 1ns, now), 1);
  EXPECT_EQ(milliseconds_left(now + 2ms, now), 2);
  EXPECT_EQ(milliseconds_left(now, now), 0);
  EXPECT_EQ(milliseconds_left(now - 1ns, now), 0);
  EXPECT_EQ(milliseconds_left(Tick::min(), now), 0);
  EXPECT_EQ(milliseconds_left(Tick::max(), now), 3'600'000);
}

}  // namespace
}  // namespace holdfast::ports
