// What an operator types, of whatever bytes: a selection, or an error that names the flag. Nothing typed is left out in silence.
#include <gtest/gtest.h>

#include <random>

#include "admin/selection.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::admin {
namespace {

using Random = std::mt19937_64;

const Timestamp now = from_iso8601("2025-08-22T09:30:00Z");

std::string damaged(Random& random, std::string text) {
  for (auto faults = random() % 3; faults > 0 && !text.empty(); --faults) {
    const auto at = random() % text.size();
    switch (random() % 4) {
      case 0: text[at] = static_cast<char>(random()); break;
      case 1: text.erase(at, 1 + random() % 4); break;
      case 2: text.insert(at, 1, "0129-:.TZshmdw +\0\xff"[random() % 18]); break;
      default: text[at] = "0123456789abcdef"[random() % 16];
    }
  }
  return text;
}

template <class... Texts>
std::string one_of(Random& random, const Texts&... texts) {
  const std::string all[] = {texts...};
  return damaged(random, all[random() % sizeof...(texts)]);
}

/// What it is shown as, to the millisecond, is read as the same.
void shown(Timestamp time) {
  using std::chrono::milliseconds;
  const auto apart = std::chrono::abs(from_iso8601(to_iso8601(time)) - time);
  EXPECT_LT(apart, milliseconds(1)) << to_iso8601(time);
}

TEST(SelectionFuzz, WhatIsTypedSelectsOrIsToldByItsFlag) {
  Random random(20250822);
  int selected = 0, told = 0;
  for (int i = 0; i < 20'000; ++i) {
    const SelectionText text{
        .reason = one_of(random, "", "", "exhausted", "too_old"),
        .key = one_of(random, "", "7"),
        .since = one_of(random, "", "2h", "1000000d", "2025-08-21T00:00:00Z", "0001-01-01T00:00:00.5Z"),
        .until = one_of(random, "", "90s", "9999-12-31T23:59:59Z"),
        .ids = {one_of(random, "1f09f4f7a1d24575a2b4b2a1b35c0b1a", "1f09f4f7-a1d2-4575-a2b4-b2a1b35c0b1a")},
        .limit = static_cast<int>(random() % 20)};
    try {
      const auto s = parse(text, now);
      ++selected;
      EXPECT_EQ(s.since.has_value(), !text.since.empty()) << text.since;
      EXPECT_EQ(s.until.has_value(), !text.until.empty()) << text.until;
      EXPECT_EQ(s.reason, text.reason);
      EXPECT_EQ(s.key, text.key);
      EXPECT_EQ(s.ids, std::vector{EventId::parse(text.ids[0])});
      EXPECT_GE(s.limit, 1);
      for (const auto& time : {s.since, s.until}) {
        if (time) shown(*time);
      }
      EXPECT_FALSE(describe(text).empty());
    } catch (const Invalid& wrong) {
      ++told;
      const auto& where = wrong.where();
      EXPECT_TRUE(where == "--reason" || where == "--since" || where == "--until" || where == "--limit" ||
                  where == text.ids[0])
          << wrong.what();
      EXPECT_FALSE(wrong.reason().empty()) << where;
    }
  }
  EXPECT_GT(selected, 1'000);
  EXPECT_GT(told, 5'000);
}

}  // namespace
}  // namespace holdfast::admin
