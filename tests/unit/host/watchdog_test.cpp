// The watchdog, the errand thread and the mailbox, each by itself.
#include "host/watchdog.hpp"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <vector>

#include "host/errand_runner.hpp"
#include "host/mailbox.hpp"

namespace holdfast::host {
namespace {

struct HandClock : ports::Clock {
  ports::Tick steady() const override { return tick; }
  Timestamp utc() const override { return {}; }
  ports::Tick tick{};
};

TEST(Watchdog, BarksOnceAndOnlyAtWhatIsLateAndStillRuns) {
  HandClock clock;
  Watchdog dog(clock);
  int late = 0, early = 0, gone = 0;
  const Watchdog::Watch one(dog, ports::Millis(10), [&] { ++late; });
  const Watchdog::Watch two(dog, ports::Millis(11), [&] { ++early; });
  {
    const Watchdog::Watch three(dog, ports::Millis(1), [&] { ++gone; });
  }
  clock.tick += ports::Millis(9);
  dog.look();
  EXPECT_EQ(late, 0);
  clock.tick += ports::Millis(1);
  dog.look(), dog.look();
  EXPECT_EQ(late, 1);
  EXPECT_EQ(early, 0);
  EXPECT_EQ(gone, 0);
}

TEST(Watchdog, ItsThreadLooks) {
  Watchdog dog(ports::system_clock());
  std::promise<void> barked;
  const Watchdog::Watch late(dog, ports::Millis(0), [&] { barked.set_value(); });
  dog.start();
  barked.get_future().wait();
}

TEST(ErrandRunner, RunsAllInOrderAndFinishesThemBeforeItEnds) {
  std::vector<int> ran;
  std::latch go(1);
  {
    ErrandRunner runner;
    runner.run([&] { go.wait(); });
    for (int i = 0; i < 100; ++i) runner.run([&ran, i] { ran.push_back(i); });
    go.count_down();
  }
  ASSERT_EQ(ran.size(), 100u) << "an errand that was given was dropped";
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ran[static_cast<std::size_t>(i)], i);
}

TEST(Mailbox, HandsOutEachLetterOnceInOrder) {
  Mailbox<int> mail;
  mail.put(1), mail.put(2);
  EXPECT_EQ(mail.take(), (std::vector<int>{1, 2}));
  EXPECT_TRUE(mail.take().empty());
}

}  // namespace
}  // namespace holdfast::host
