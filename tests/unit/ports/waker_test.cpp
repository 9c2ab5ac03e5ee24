#include "ports/waker.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace holdfast::ports {
namespace {

constexpr Tick long_ago{};
const Tick never = Tick::max();

TEST(Waker, keeps_a_call_for_the_next_wait_and_only_for_that) {
  Waker waker;
  EXPECT_FALSE(waker.wait_until(long_ago));
  waker.wake();
  waker.wake();
  EXPECT_TRUE(waker.wait_until(long_ago));
  EXPECT_FALSE(waker.wait_until(long_ago));
}

TEST(Waker, never_waits_again_after_abort) {
  Waker waker;
  waker.abort();
  EXPECT_TRUE(waker.wait_until(never));
  EXPECT_TRUE(waker.wait_until(never));
  EXPECT_TRUE(waker.aborted());
}

TEST(Waker, is_called_from_another_thread) {
  Waker waker;
  std::jthread other([&] { waker.wake(); });
  EXPECT_TRUE(waker.wait_until(never));
  EXPECT_FALSE(waker.aborted());
}

}  // namespace
}  // namespace holdfast::ports
