#include "http/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

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

TEST(WorkerPool, WithPatienceJobsWaitForTheThreadThatWorks) {
  std::latch submitted(1), done(100);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  WorkerPool pool(4, 1000, std::chrono::hours(1));
  for (int i = 0; i < 100; ++i)
    pool.try_submit([&] {
      submitted.wait();
      const std::lock_guard lock(mutex);
      threads.insert(std::this_thread::get_id()), done.count_down();
    });
  submitted.count_down();
  done.wait();
  EXPECT_EQ(threads.size(), 1u);
}

// Three threads hang, one after the other; what waits behind each still runs.
TEST(WorkerPool, PatienceEndsWhenNoJobIsTaken) {
  std::latch release(1);
  std::promise<void> last;
  WorkerPool pool(4, 1000, std::chrono::milliseconds(1));
  for (int i = 0; i < 3; ++i) pool.try_submit([&] { release.wait(); });
  pool.try_submit([&] { last.set_value(); });
  EXPECT_EQ(last.get_future().wait_for(std::chrono::minutes(1)), std::future_status::ready);
  release.count_down();
}

TEST(WorkerPool, AQueueThatIsHalfFullNeedsNoPatience) {
  std::latch release(1), done(2);
  WorkerPool pool(2, 2, std::chrono::hours(1));
  pool.try_submit([&] { release.wait(); });
  for (int i = 0; i < 2; ++i) pool.try_submit([&] { done.count_down(); });
  done.wait();  // by the other thread
  release.count_down();
}

// The first job hangs; who took the next one, a second later, does not wait a second before each that follows.
TEST(WorkerPool, TheWarmThreadGoesOnBesideOneThatHangs) {
  std::latch release(1), done(50);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  WorkerPool pool(4, 1000, std::chrono::seconds(1));
  pool.try_submit([&] { release.wait(); });
  for (int i = 0; i < 50; ++i)
    pool.try_submit([&] {
      const std::lock_guard lock(mutex);
      threads.insert(std::this_thread::get_id()), done.count_down();
    });
  done.wait();
  EXPECT_EQ(threads.size(), 1u);
  release.count_down();
}

TEST(WorkerPool, EndsWithNothingLeftUndoneInPatienceToo) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool(3, 1000, std::chrono::hours(1));
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(pool.try_submit([&] { ++done; }));
  }
  EXPECT_EQ(done, 1000);
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
