#include <gtest/gtest.h>

#include "holdfast/errors.hpp"
#include "holdfast/event.hpp"

namespace {

using holdfast::from_iso8601;
using holdfast::Timestamp;
using holdfast::to_iso8601;
using std::chrono::microseconds;
using std::chrono::seconds;

TEST(Iso8601, WritesSecondsAndWhatFractionThereIs) {
  const Timestamp time{seconds(1755855000)};
  EXPECT_EQ(to_iso8601(time), "2025-08-22T09:30:00Z");
  EXPECT_EQ(to_iso8601(time + microseconds(120'000)), "2025-08-22T09:30:00.120Z");
  EXPECT_EQ(to_iso8601(time + microseconds(7)), "2025-08-22T09:30:00.000007Z");
  EXPECT_EQ(to_iso8601(time + std::chrono::nanoseconds(7'999)), "2025-08-22T09:30:00.000007Z");
  EXPECT_EQ(to_iso8601(Timestamp{} - microseconds(1)), "1969-12-31T23:59:59.999999Z");
}

TEST(Iso8601, ReadsFractionsToTheMicrosecond) {
  const Timestamp time{seconds(1755855000)};
  EXPECT_EQ(from_iso8601("2025-08-22T09:30:00Z"), time);
  EXPECT_EQ(from_iso8601("2025-08-22T09:30:00.5Z"), time + microseconds(500'000));
  EXPECT_EQ(from_iso8601("2025-08-22T09:30:00.000007Z"), time + microseconds(7));
  EXPECT_EQ(from_iso8601("2025-08-22T09:30:00.1234567Z"), time + microseconds(123'456));  // as .NET writes it
  EXPECT_EQ(from_iso8601("2025-08-22T09:30:00.123456789Z"), time + microseconds(123'456));
}

TEST(Iso8601, ReadsOffsets) {
  EXPECT_EQ(to_iso8601(from_iso8601("2025-08-22T15:00:00+05:30")), "2025-08-22T09:30:00Z");
  EXPECT_EQ(to_iso8601(from_iso8601("2025-08-21T23:30:00.25-10:00")), "2025-08-22T09:30:00.250Z");
  EXPECT_EQ(to_iso8601(from_iso8601("2024-02-29T00:00:00+00:00")), "2024-02-29T00:00:00Z");
}

TEST(Iso8601, RefusesAllElse) {
  for (const char* text : {"",
                           "2025-08-22",
                           "2025-08-22T09:30:00",
                           "2025-08-22 09:30:00Z",
                           "2025-08-22T09:30Z",
                           "2025-13-22T09:30:00Z",
                           "2025-02-29T09:30:00Z",
                           "2025-08-32T09:30:00Z",
                           "2025-00-22T09:30:00Z",
                           "2025-08-22T24:00:00Z",
                           "2025-08-22T09:60:00Z",
                           "2025-08-22T09:30:60Z",
                           "2025-08-22T09:30:00.Z",
                           "2025-08-22T09:30:00.1234567890Z",
                           "2025-08-22T09:30:00+0530",
                           "2025-08-22T09:30:00+24:00",
                           "2025-08-22T09:30:00Zx",
                           "2025-8-22T09:30:00Z",
                           "+025-08-22T09:30:00Z",
                           "1600-01-01T00:00:00Z",
                           "9999-12-31T23:59:59Z"}) {
    EXPECT_THROW(from_iso8601(text), holdfast::Invalid) << text;
  }
}

}  // namespace
