#include "holdfast/decimal.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "holdfast/contract.hpp"

namespace {

using holdfast::Decimal;
using holdfast::Invalid;
using holdfast::Money;
using namespace holdfast::literals;

std::string reason_of(std::string_view text) {
  try {
    return "read as " + Money::parse(text).to_string();
  } catch (const Invalid& fault) {
    EXPECT_EQ(fault.where(), "");
    return fault.reason();
  }
}

TEST(Decimal, ReadsEveryWayToWriteTheSameAmount) {
  for (const char* same : {"1499.00", "1499", "1499.0", "1.499e3", "149900E-2", "1499.000", "0.1499e+4", "1499e0"}) {
    EXPECT_EQ(Money::parse(same).units(), 149900) << same;
  }
  EXPECT_EQ(Money::parse("-0.10").to_string(), "-0.10");
  EXPECT_EQ(Money::parse("0").to_string(), "0.00");
  EXPECT_EQ(Money::parse("-0").to_string(), "0.00");
  EXPECT_EQ(Money::parse("0e99999999999999999999").units(), 0);
  EXPECT_EQ(Money::parse("0.05").units(), 5);
  EXPECT_EQ(Money::parse("100.10").units(), 10010);
  EXPECT_EQ(Money::parse("5000000000000000000e-4").units(), 50000000000000000);
}

TEST(Decimal, KeepsTheLargestAmount) {
  const Money largest = Money::parse("9999999999999999.99");
  EXPECT_EQ(largest.units(), 999'999'999'999'999'999);
  EXPECT_EQ(largest.to_string(), "9999999999999999.99");
  EXPECT_EQ(Money::parse("-9999999999999999.99").to_string(), "-9999999999999999.99");
  EXPECT_EQ(9999999999999999.99_money, largest);
}

TEST(Decimal, RefusesWhatItWouldHaveToRound) {
  for (const char* text : {"1499.001", "1e-3", "0.30000000000000004", "1e-99999999999999999999"}) {
    EXPECT_EQ(reason_of(text), "more than 2 decimals") << text;
  }
  for (const char* text :
       {"10000000000000000.00", "1e17", "92233720368547758.08", "-10000000000000000", "1e999999999"}) {
    EXPECT_EQ(reason_of(text), "more than 16 digits before the decimal point") << text;
  }
}

TEST(Decimal, RefusesWhatIsNoJsonNumber) {
  for (const char* text :
       {"", "-", "+1", ".5", "1.", "01", "00", "1e", "1e+", "1,5", " 1", "1 ", "0x10", "NaN", "1.2.3", "--1", "1_0"}) {
    EXPECT_EQ(reason_of(text), "not a number") << '"' << text << '"';
  }
}

TEST(Decimal, HasFromZeroToSixDecimals) {
  EXPECT_EQ(Decimal<0>::parse("7.0").to_string(), "7");
  EXPECT_THROW(Decimal<0>::parse("7.5"), Invalid);
  EXPECT_EQ(Decimal<6>::parse("-0.000001").to_string(), "-0.000001");
  EXPECT_EQ(Decimal<3>::parse("12.5").to_string(), "12.500");
  EXPECT_EQ(Decimal<6>::parse("999999999999.999999").to_string(), "999999999999.999999");
  EXPECT_THROW(Decimal<6>::parse("1000000000000"), Invalid);
}

TEST(Decimal, CountsExactly) {
  EXPECT_EQ(0.10_money + 0.20_money, 0.30_money);
  EXPECT_EQ(3 * 0.35_money, 1.05_money);
  EXPECT_EQ(1499.00_money - 1500.00_money, -1.00_money);
  EXPECT_EQ((1499_money).units(), 149900);
  EXPECT_LT(1.99_money, 2.00_money);
}

TEST(Decimal, DoesNotOverflowSilently) {
  const Money largest = 9999999999999999.99_money;
  EXPECT_THROW(largest + 0.01_money, std::overflow_error);
  EXPECT_THROW(-largest - 0.01_money, std::overflow_error);
  EXPECT_THROW(10 * largest, std::overflow_error);
  EXPECT_THROW(Money::from_units(std::numeric_limits<std::int64_t>::min()), std::overflow_error);
  Money unchanged = largest;
  EXPECT_THROW(unchanged += largest, std::overflow_error);
  EXPECT_EQ(unchanged, largest);
}

struct Price {
  Money amount;
};

TEST(Decimal, GoesThroughJsonUnchanged) {
  const std::string json = R"({"amount":9999999999999999.99})";
  EXPECT_EQ(holdfast::Codec<Price>::encode(holdfast::Codec<Price>::decode(json)), json);
}

}  // namespace
