#include <gtest/gtest.h>

#include <limits>

#include "holdfast/transaction.hpp"
#include "sql/json_text.hpp"

namespace holdfast::detail {
namespace {

template <class T>
T round_trip(const T& value) {
  T out{};
  from_sql(to_sql(value), out);
  return out;
}

std::string state_of(auto call) {
  try {
    call();
  } catch (const SqlError& error) { return error.sqlstate(); }
  return "no error";
}

TEST(SqlValues, ComeBackAsTheyWent) {
  EXPECT_EQ(round_trip(true), true);
  EXPECT_EQ(round_trip(std::numeric_limits<std::int64_t>::min()), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(round_trip(0.1), 0.1);
  EXPECT_EQ(round_trip(std::string("a\0b", 3)), std::string("a\0b", 3));
  EXPECT_EQ(round_trip(Bytes{"\xff"}), Bytes{"\xff"});
  EXPECT_EQ(round_trip(Money::parse("9999999999999999.99")).to_string(), "9999999999999999.99");
  const auto id = EventId::generate(Timestamp(std::chrono::hours(1)));
  EXPECT_EQ(round_trip(id), id);
  const Timestamp time(std::chrono::microseconds(1'755'855'000'123'456));
  EXPECT_EQ(round_trip(time), time);
  EXPECT_EQ(round_trip(std::optional<int>()), std::nullopt);
  EXPECT_EQ(round_trip(std::optional<int>(7)), 7);
}

TEST(SqlValues, ListsAreJson) {
  const auto json = [](const SqlValue& value) { return sql::json_array(std::get<SqlList>(value.value)); };
  EXPECT_EQ(json(to_sql(std::vector<int>{1, -2})), "[1,-2]");
  EXPECT_EQ(json(to_sql(std::vector<std::string>{})), "[]");
  EXPECT_EQ(json(to_sql(std::vector<std::string>{"a\"\\\n", "\xc3\xa4"})), "[\"a\\\"\\\\\\u000a\",\"\xc3\xa4\"]");
}

TEST(SqlValues, AnotherKindIsAnError) {
  std::int64_t number = 0;
  std::string text;
  bool flag = false;
  EventId id;
  std::int8_t small = 0;
  EXPECT_EQ(state_of([&] { from_sql(to_sql("7"), number); }), "22000");
  EXPECT_EQ(state_of([&] { from_sql({}, text); }), "22000");
  EXPECT_EQ(state_of([&] { from_sql(to_sql(Bytes{"x"}), text); }), "22000");
  EXPECT_EQ(state_of([&] { from_sql(to_sql(2), flag); }), "22000");
  EXPECT_EQ(state_of([&] { from_sql(to_sql("no id"), id); }), "22000");
  EXPECT_EQ(state_of([&] { from_sql(to_sql(128), small); }), "22003");
}

TEST(SqlValues, RowsAreCounted) {
  const Rows<int> none({}), two({{to_sql(1)}, {to_sql(2)}});
  EXPECT_EQ(state_of([&] { none.one(); }), "21000");
  EXPECT_EQ(state_of([&] { two.one_or_none(); }), "21000");
  EXPECT_EQ(none.one_or_none(), std::nullopt);
  EXPECT_EQ(state_of([&] { Rows<int, int>({{to_sql(1)}}); }), "21000");
}

}  // namespace
}  // namespace holdfast::detail
