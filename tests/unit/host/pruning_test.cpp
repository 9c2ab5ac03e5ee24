#include "host/pruning.hpp"

#include <gtest/gtest.h>

namespace holdfast::host {
namespace {

struct HostPruning : testing::Test {
  Pruning begin(bool queue_empty) {
    return Pruning(
        [this](bool empty) {
          asked.push_back(empty);
          return away ? throw Unavailable("the database is away") : horizon;
        },
        [this](Timestamp before) { return rounds.push_back(before), true; }, queue_empty);
  }
  static Timestamp day(int n) { return Timestamp(std::chrono::hours(24 * n)); }
  std::optional<Timestamp> horizon = day(10);
  std::vector<bool> asked;  // what each was told of the queue
  bool away = false;
  std::vector<Timestamp> rounds;
};

TEST_F(HostPruning, AsksOnceForAllRounds) {
  for (const bool empty : {true, false}) {
    Pruning pruning = begin(empty);
    horizon = day(11);
    EXPECT_TRUE(pruning.some(empty) && pruning.some(empty));
    horizon = day(10);
  }
  EXPECT_EQ(asked, (std::vector<bool>{true, false}));
  EXPECT_EQ(rounds, std::vector<Timestamp>(4, day(10)));
}

TEST_F(HostPruning, AsksAgainWhenSomethingCameIntoAnEmptyQueue) {
  Pruning pruning = begin(true);
  horizon = day(3);
  pruning.some(true), pruning.some(false), pruning.some(true), pruning.some(false);
  EXPECT_EQ(rounds, (std::vector<Timestamp>{day(10), day(3), day(3), day(3)}));
  EXPECT_EQ(asked, (std::vector<bool>{true, false}));
}

TEST_F(HostPruning, DeletesNothingByAHorizonThatHoldsNoMore) {
  Pruning pruning = begin(true);
  away = true;
  EXPECT_THROW(pruning.some(false), Unavailable);
  away = false, horizon = day(3);
  EXPECT_TRUE(pruning.some(false));
  EXPECT_EQ(rounds, std::vector<Timestamp>{day(3)});
}

TEST_F(HostPruning, WithoutAHorizonForgetsNothing) {
  horizon.reset();
  EXPECT_FALSE(begin(false).some(false));
  EXPECT_TRUE(rounds.empty());
}

}  // namespace
}  // namespace holdfast::host
