#include "sql/pool.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <thread>

namespace holdfast::sql {
namespace {

struct Fake {
  bool fine = true;
  bool usable() const { return fine; }
};
using FakePool = Pool<Fake>;

struct Opened {
  int count = 0;
  bool fails = false;
  std::unique_ptr<Fake> operator()() {
    if (fails) throw Unavailable("the server is away");
    ++count;
    return std::make_unique<Fake>();
  }
};

TEST(Pool, KeepsWhatItOpened) {
  Opened opened;
  FakePool pool({.size = 2}, std::ref(opened));
  for (int i = 0; i < 3; ++i) pool.take();
  EXPECT_EQ(opened.count, 1);
  const auto a = pool.take(), b = pool.take();
  EXPECT_EQ(opened.count, 2);
}

TEST(Pool, ThrowsAwayWhatCameBackUnusable) {
  Opened opened;
  FakePool pool({.size = 1}, std::ref(opened));
  pool.take()->fine = false;
  EXPECT_TRUE(pool.take()->fine);
  EXPECT_EQ(opened.count, 2);
}

TEST(Pool, SaysThatNoneIsFree) {
  Opened opened;
  FakePool pool({.size = 1, .timeout = std::chrono::milliseconds(1), .exhausted = "all taken"}, std::ref(opened));
  {
    const auto taken = pool.take();
    try {
      pool.take();
      FAIL() << "two of one";
    } catch (const Unavailable& failure) {
      EXPECT_TRUE(std::string(failure.what()).starts_with("all taken")) << failure.what();
    }
  }
  EXPECT_TRUE(pool.take());  // who gave up took no place with him
}

TEST(Pool, AFailedOpenTakesNoPlace) {
  Opened opened{.fails = true};
  FakePool pool({.size = 1, .timeout = std::chrono::milliseconds(1)}, std::ref(opened));
  EXPECT_THROW(pool.take(), Unavailable);
  EXPECT_THROW(pool.take(), Unavailable);
  opened.fails = false;
  EXPECT_TRUE(pool.take());
}

TEST(Pool, ServesInTheOrderOfAsking) {
  Opened opened;
  std::latch first(1), second(1), third(1);
  int waiting = 0;
  FakePool::Options options;
  options.timeout = std::chrono::minutes(1);
  options.on_wait = [&] {
    ++waiting;
    (waiting == 1 ? first : waiting == 2 ? second : third).count_down();
  };
  FakePool pool(std::move(options), std::ref(opened));
  std::string order;
  auto held = pool.take();
  const auto taker = [&](char name) {
    return std::thread([&, name] {
      const auto mine = pool.take();
      order += name;  // who holds the only one is alone here
    });
  };
  std::thread a = taker('a');
  first.wait();
  std::thread b = taker('b');
  second.wait();
  held.reset();
  a.join(), b.join();
  EXPECT_EQ(order, "ab");

  held = pool.take();  // and there is still only one
  std::thread c([&] {
    pool.take();
    if (waiting == 2) third.count_down();
  });
  third.wait();
  held.reset();
  c.join();
  EXPECT_EQ(waiting, 3);
}

}  // namespace
}  // namespace holdfast::sql
