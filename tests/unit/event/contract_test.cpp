#include "holdfast/contract.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace wire {

enum class Channel { web, phone };

struct Line {
  std::int64_t productId = 0;
  int qty = 0;
};

struct Order {
  static constexpr std::string_view type = "order.created.v1";
  std::int64_t orderId = 0;
  holdfast::Money totalAmount;
  std::string currency;
  std::vector<Line> items;
  std::optional<std::string> note;
  std::string key() const { return std::to_string(orderId); }
};

struct EveryKind {
  bool yes = false;
  std::int8_t small = 0;
  std::uint32_t positive = 0;
  double rate = 0;
  float weight = 0;
  holdfast::Decimal<4> exact;
  holdfast::EventId id;
  holdfast::Timestamp at;
  std::optional<holdfast::Money> limit;
  std::optional<Line> first;
  std::vector<bool> flags;
  std::vector<std::optional<int>> gaps;
  std::map<std::string, std::vector<Line>> groups;
  Line nested;
  Channel channel = Channel::web;
};

struct Wide {
  int m1 = 1, m2 = 2, m3 = 3, m4 = 4, m5 = 5, m6 = 6, m7 = 7, m8 = 8, m9 = 9, m10 = 10, m11 = 11, m12 = 12, m13 = 13,
      m14 = 14, m15 = 15, m16 = 16, m17 = 17, m18 = 18, m19 = 19, m20 = 20, m21 = 21, m22 = 22, m23 = 23, m24 = 24,
      m25 = 25, m26 = 26, m27 = 27, m28 = 28, m29 = 29, m30 = 30;
  Line m31{31, 1};
  std::optional<std::string> m32 = "last";
};

struct Empty {};

}  // namespace wire

template <>
struct holdfast::Codec<wire::Channel> {
  static std::string encode(wire::Channel value) { return value == wire::Channel::web ? "\"web\"" : "\"phone\""; }
  static wire::Channel decode(std::string_view json) {
    if (json == "\"web\"") return wire::Channel::web;
    if (json == "\"phone\"") return wire::Channel::phone;
    throw Invalid("", "web or phone is expected");
  }
};

namespace {

using holdfast::Codec;
using holdfast::Invalid;

struct Local {  // contracts of one .cpp work like any other
  static constexpr std::string_view type = "local.v1";
  std::string name;
  wire::Line line;
};

template <class T>
std::string fault(std::string_view json) {
  try {
    (void)Codec<T>::decode(json);
    return "read";
  } catch (const Invalid& invalid) { return invalid.what(); }
}

constexpr std::string_view order_json = R"({"orderId":12045,"totalAmount":9999999999999999.99,"currency":"INR",)"
                                        R"("items":[{"productId":101,"qty":1},{"productId":205,"qty":2}],"note":null})";

TEST(Contract, GoesThroughJsonUnchanged) {
  const auto order = Codec<wire::Order>::decode(order_json);
  EXPECT_EQ(order.totalAmount.units(), 999'999'999'999'999'999);
  EXPECT_EQ(order.items.at(1).productId, 205);
  EXPECT_EQ(Codec<wire::Order>::encode(order), order_json);
  static_assert(holdfast::Keyed<wire::Order> && holdfast::Contract<Local> && !holdfast::Keyed<Local>);
}

TEST(Contract, PointsToWhatIsWrong) {
  EXPECT_EQ(fault<wire::Order>(R"({"orderId":1,"totalAmount":"1499.00"})"),
            "/totalAmount: a number is expected, not a string");
  EXPECT_EQ(fault<wire::Order>(R"({"orderId":1,"totalAmount":1499.001})"), "/totalAmount: more than 2 decimals");
  EXPECT_EQ(fault<wire::Order>(R"({"orderId":1,"totalAmount":1,"currency":"INR"})"), "/items: is missing");
  EXPECT_EQ(fault<wire::Order>(R"({"orderId":1,"totalAmount":1,"currency":"INR","items":[{"productId":1,"qty":1.5}]})"),
            "/items/0/qty: a whole number is expected");
  EXPECT_EQ(fault<wire::Order>(
                R"({"orderId":1,"totalAmount":1,"currency":"INR","items":[{"productId":1,"qty":1},{"qty":1}]})"),
            "/items/1/productId: is missing");
  EXPECT_EQ(fault<wire::Order>(
                R"({"orderId":1,"totalAmount":1,"currency":"INR","items":[{"productId":1,"qty":2147483648}]})"),
            "/items/0/qty: number out of range");
  EXPECT_EQ(fault<wire::Order>("[]"), "an object is expected, not an array");
  EXPECT_EQ(fault<wire::Empty>("1"), "an object is expected, not a number");
}

TEST(Contract, IgnoresMembersThatItDoesNotKnow) {
  EXPECT_EQ(Codec<wire::Line>::decode(R"({"new":{"a":[1]},"qty":2,"productId":1,"other":null})").qty, 2);
}

TEST(Contract, OptionalMembersMayBeMissingOrNull) {
  const auto read = [](std::string_view note) {
    return Codec<wire::Order>::decode(R"({"orderId":1,"totalAmount":1,"currency":"INR","items":[])" +
                                      std::string(note) + "}");
  };
  EXPECT_EQ(read("").note, std::nullopt);
  EXPECT_EQ(read(R"(,"note":null)").note, std::nullopt);
  EXPECT_EQ(read(R"(,"note":"x")").note, "x");
  EXPECT_EQ(fault<wire::Order>(R"({"orderId":null})"), "/orderId: a number is expected, not null");
}

TEST(Contract, HasMembersOfEveryKind) {
  constexpr std::string_view json =
      R"({"yes":true,"small":-128,"positive":4294967295,"rate":0.1,"weight":2.5,"exact":0.0001,)"
      R"("id":"1f09f4f7a1d24575a2b4b2a1b35c0b1a","at":"2025-08-22T09:30:00.000007Z","limit":0.50,)"
      R"("first":{"productId":7,"qty":8},"flags":[true,false],"gaps":[1,null,3],)"
      R"("groups":{"a/b":[{"productId":1,"qty":2}],"ä":[]},"nested":{"productId":3,"qty":4},"channel":"phone"})";
  EXPECT_EQ(Codec<wire::EveryKind>::encode(Codec<wire::EveryKind>::decode(json)), json);
}

TEST(Contract, PointsIntoEveryKind) {
  constexpr std::string_view good = R"({"yes":true,"small":1,"positive":1,"rate":1,"weight":1,"exact":1)";
  const auto with = [&](std::string_view rest) {
    return fault<wire::EveryKind>(std::string(good) + std::string(rest) + "}");
  };
  const std::string id = R"(,"id":"1f09f4f7a1d24575a2b4b2a1b35c0b1a")";
  const std::string at = R"(,"at":"2025-08-22T09:30:00Z")";
  EXPECT_EQ(fault<wire::EveryKind>(R"({"yes":1})"), "/yes: a boolean is expected, not a number");
  EXPECT_EQ(fault<wire::EveryKind>(R"({"yes":true,"small":128})"), "/small: number out of range");
  EXPECT_TRUE(with(R"(,"id":"12045")").starts_with("/id: not an event id"));
  EXPECT_TRUE(with(id + R"(,"at":"yesterday")").starts_with("/at: not a time"));
  EXPECT_EQ(with(id + at + R"(,"flags":[true,0])"), "/flags/1: a boolean is expected, not a number");
  EXPECT_EQ(with(id + at + R"(,"flags":[],"gaps":[1,"2"])"), "/gaps/1: a number is expected, not a string");
  EXPECT_EQ(with(id + at + R"(,"flags":[],"gaps":[],"groups":{"a/b":[{}]})"), "/groups/a~1b/0/productId: is missing");
  const std::string all = id + at + R"(,"flags":[],"gaps":[],"groups":{},"nested":{"productId":1,"qty":1})";
  EXPECT_EQ(with(all + R"(,"channel":"fax")"), "/channel: web or phone is expected");
}

TEST(Contract, HasUpTo32Members) {
  const wire::Wide wide;
  std::vector<std::string> names;
  holdfast::detail::for_each_member(wide, [&](std::string_view name, const auto&) { names.emplace_back(name); });
  ASSERT_EQ(names.size(), 32u);
  for (std::size_t i = 0; i < 32; ++i) EXPECT_EQ(names[i], "m" + std::to_string(i + 1));
  const std::string json = Codec<wire::Wide>::encode(wide);
  EXPECT_TRUE(json.starts_with(R"({"m1":1,"m2":2,)"));
  EXPECT_TRUE(json.ends_with(R"("m30":30,"m31":{"productId":31,"qty":1},"m32":"last"})"));
  EXPECT_EQ(Codec<wire::Wide>::encode(Codec<wire::Wide>::decode(json)), json);
}

TEST(Contract, MayBeLocalToAFile) {
  const Local local{"x", {1, 2}};
  EXPECT_EQ(Codec<Local>::encode(local), R"({"name":"x","line":{"productId":1,"qty":2}})");
  EXPECT_EQ(Codec<wire::Empty>::encode({}), "{}");
}

TEST(Contract, SaysWhichMemberNoJsonCanHold) {
  const auto where = [](const auto& value) {
    try {
      return Codec<std::remove_cvref_t<decltype(value)>>::encode(value);
    } catch (const Invalid& invalid) { return invalid.where(); }
  };
  wire::EveryKind value;
  value.rate = std::numeric_limits<double>::infinity();
  EXPECT_EQ(where(value), "/rate");
  EXPECT_EQ(where(std::map<std::string, std::vector<std::string>>{{"a/b", {"good", "\xFF"}}}), "/a~1b/1");
}

}  // namespace
