#include <gtest/gtest.h>

#include <future>
#include <set>
#include <unordered_set>
#include <vector>

#include "holdfast/errors.hpp"
#include "holdfast/event.hpp"

namespace {

using holdfast::EventId;
using holdfast::Timestamp;

constexpr std::string_view plain = "1f09f4f7a1d24575a2b4b2a1b35c0b1a";
const Timestamp morning = holdfast::from_iso8601("2025-08-22T09:30:00.123Z");

int version(const EventId& id) { return id.bytes()[6] >> 4; }
int variant(const EventId& id) { return id.bytes()[8] >> 6; }

TEST(EventId, IsReadDashedOrNotInAnyCase) {
  for (const char* text : {"1f09f4f7a1d24575a2b4b2a1b35c0b1a", "1F09F4F7A1D24575A2B4B2A1B35C0B1A",
                           "1f09f4f7-a1d2-4575-a2b4-b2a1b35c0b1a", "1F09F4F7-A1D2-4575-A2B4-B2A1B35C0B1A"}) {
    EXPECT_EQ(EventId::parse(text).to_string(), plain);
  }
}

TEST(EventId, RefusesWhatIsNoId) {
  for (const char* text :
       {"", "1f09", "1f09f4f7a1d24575a2b4b2a1b35c0b1", "1f09f4f7a1d24575a2b4b2a1b35c0b1a0",
        "1f09f4f7a1d24575a2b4b2a1b35c0b1g", "1f09f4f7a1d24575a2b4b2a1b35c0b1 ", "1f09f4f7-a1d24575-a2b4-b2a1b35c0b1a0",
        "1f09f4f7a-1d2-4575-a2b4-b2a1b35c0b1a", "{1f09f4f7a1d24575a2b4b2a1b35c0b}", "12045"}) {
    EXPECT_THROW(EventId::parse(text), holdfast::Invalid) << text;
  }
}

TEST(EventId, GeneratedCarriesItsMillisecond) {
  const EventId id = EventId::generate(morning);
  EXPECT_EQ(version(id), 7);
  EXPECT_EQ(variant(id), 2);
  EXPECT_EQ(id.time(), morning);
  EXPECT_EQ(EventId::parse("0198d17fa4ab7000a2b4b2a1b35c0b1a").time(),
            Timestamp(std::chrono::milliseconds(0x0198d17fa4ab)));
}

TEST(EventId, OnlyVersion7HasATime) {
  EXPECT_EQ(EventId::parse(plain).time(), std::nullopt);                               // version 4
  EXPECT_EQ(EventId::parse("0198d17fa4ab70002222222222222222").time(), std::nullopt);  // not the RFC's variant
  EXPECT_EQ(EventId::parse("ffffffffffff7000a2b4b2a1b35c0b1a").time(), std::nullopt);  // the year 10889
  EXPECT_EQ(EventId().time(), std::nullopt);
}

TEST(EventId, RisesWithinAMillisecond) {
  EventId last = EventId::generate(morning);
  for (int i = 0; i < 10'000; ++i) {
    const EventId next = EventId::generate(morning + std::chrono::microseconds(i % 500));
    ASSERT_LT(last, next);
    last = next;
  }
  EXPECT_LT(last, EventId::generate(morning + std::chrono::milliseconds(1)));
}

TEST(EventId, IsUniqueAndRisesOnEveryThread) {
  const auto make = [] {
    std::vector<EventId> made;
    for (int i = 0; i < 5'000; ++i) made.push_back(EventId::generate(morning));
    return made;
  };
  std::vector<std::future<std::vector<EventId>>> threads;
  for (int i = 0; i < 4; ++i) threads.push_back(std::async(std::launch::async, make));
  std::set<EventId> all;
  for (auto& thread : threads) {
    const auto made = thread.get();
    EXPECT_TRUE(std::is_sorted(made.begin(), made.end()));
    all.insert(made.begin(), made.end());
  }
  EXPECT_EQ(all.size(), 20'000u);
}

TEST(EventId, TailsDifferSoThatProcessesDo) {
  const auto tail = [](const EventId& id) { return std::vector(id.bytes().begin() + 12, id.bytes().end()); };
  EXPECT_NE(tail(EventId::generate(morning)), tail(EventId::generate(morning)));
}

TEST(EventId, BeforeTheEpochIsItsFirstMillisecond) {
  EXPECT_EQ(EventId::generate(Timestamp(std::chrono::hours(-1))).time(), Timestamp{});
}

TEST(EventId, DerivedIsTheSameForTheSameCause) {
  const EventId cause = EventId::parse(plain);
  const EventId id = EventId::derive(cause, "inventory", "stock.reserved.v1", 0);
  EXPECT_EQ(id, EventId::derive(cause, "inventory", "stock.reserved.v1", 0));
  EXPECT_EQ(id.to_string(), "ab4ed921ded98e3c9273dcddf4cecc95");
  EXPECT_EQ(version(id), 8);
  EXPECT_EQ(variant(id), 2);
}

TEST(EventId, DerivedDiffersInEachPart) {
  const EventId cause = EventId::parse(plain);
  const std::unordered_set<EventId> ids = {
      EventId::derive(cause, "inventory", "stock.reserved.v1", 0),
      EventId::derive({}, "inventory", "stock.reserved.v1", 0),
      EventId::derive(cause, "payment", "stock.reserved.v1", 0),
      EventId::derive(cause, "inventory", "stock.reserved.v2", 0),
      EventId::derive(cause, "inventory", "stock.reserved.v1", 1),
      EventId::derive(cause, "inventorys", "tock.reserved.v1", 0)};  // same bytes, cut elsewhere
  EXPECT_EQ(ids.size(), 6u);
}

TEST(EventId, OfABodyNamesItsBytes) {
  const EventId id = EventId::of_body("not json");
  EXPECT_EQ(id, EventId::of_body("not json"));
  EXPECT_NE(id, EventId::of_body("not json "));
  EXPECT_EQ(version(id), 8);
  EXPECT_EQ(EventId::of_bytes(id.bytes()), id);
}

}  // namespace
