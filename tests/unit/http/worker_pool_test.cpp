#include "http/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace holdfast::http {
namespace {

TEST(WorkerPool, RefusesOnceEveryThreadIsBusyAndTheQueueIsFull) {
  std::latch entered(2), release(1), done(3);
  const auto blocked = [&] { entered.count_down(), release.wait(), done.count_down(); };
  WorkerPool pool(2, 1);
  EXPECT_TRUE(pool.try_submit(blocked));
  EXPECT_TRUE(pool.try_submit(blocked));
  entered.wait();
  EXPECT_TRUE(pool.try_submit([&] { done.count_down(); }));  // waits
  EXPECT_FALSE(pool.try_submit([] {}));
  release.count_down();
  done.wait();
}

TEST(WorkerPool, WithoutAQueueAnIdleThreadIsStillEnough) {
  std::latch entered(1), release(1);
  WorkerPool pool(1, 0);
  EXPECT_TRUE(pool.try_submit([&] { entered.count_down(), release.wait(); }));
  EXPECT_FALSE(pool.try_submit([] {}));  // begun or not: the one thread is taken
  entered.wait();
  EXPECT_FALSE(pool.try_submit([] {}));
  release.count_down();
}

TEST(WorkerPool, EndsWithNothingLeftUndone) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool(2, 1000);
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(pool.try_submit([&] { ++done; }));
  }
  EXPECT_EQ(done, 1000);
}

}  // namespace
}  // namespace holdfast::http
