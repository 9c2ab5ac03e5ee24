#include <gtest/gtest.h>

#include <limits>

#include "holdfast/contract.hpp"

namespace {

using holdfast::Invalid;
using holdfast::detail::JsonValue;
using holdfast::detail::JsonWriter;

template <class F>
std::string where_of(F&& f) {
  try {
    f();
    return "nothing wrong";
  } catch (const Invalid& fault) { return fault.where(); }
}
std::string where_in(std::string_view json) {
  return where_of([&] { JsonValue::parse(json); });
}

TEST(Json, KeepsTheTextOfNumbers) {
  for (const char* text : {"9999999999999999.99", "1499.00", "-0", "1E5", "0.10", "123456789012345678901234567890"})
    EXPECT_EQ(JsonValue::parse(text).number_text(), text);
}

TEST(Json, KeepsTheTextOfEveryValue) {
  const auto root = JsonValue::parse(" { \"a\" : [ 1.0 , \"x\\u0041\" , null ] , \"b\":{ \"c\" : true } } ");
  EXPECT_EQ(root.raw(), "{ \"a\" : [ 1.0 , \"x\\u0041\" , null ] , \"b\":{ \"c\" : true } }");
  EXPECT_EQ(root.at("a").raw(), "[ 1.0 , \"x\\u0041\" , null ]");
  EXPECT_EQ(root.at("a").elements().at(0).raw(), "1.0");
  EXPECT_EQ(root.at("a").elements().at(1).raw(), "\"x\\u0041\"");
  EXPECT_EQ(root.at("a").elements().at(2).raw(), "null");
  EXPECT_EQ(root.at("b").raw(), "{ \"c\" : true }");
  EXPECT_EQ(root.at("b").at("c").raw(), "true");
  EXPECT_EQ(JsonValue::parse("\xEF\xBB\xBF[1]").raw(), "[1]");
}

TEST(Json, UnescapesTextAndNames) {
  const auto root = JsonValue::parse(R"({"q\"\\":"a\n\u00e4\ud83d\udcb6\/","plain":"\\"})");
  EXPECT_EQ(root.at("q\"\\").text(), "a\nä\xF0\x9F\x92\xB6/");
  EXPECT_EQ(root.at("plain").text(), "\\");
  EXPECT_EQ(root.entries().at(0).first, "q\"\\");
}

TEST(Json, ValuesKeepTheirDocumentAlive) {
  std::optional<JsonValue> inner;
  {
    std::string text = R"({"a":{"b":"a text that is too long to stand inside a std::string"}})";
    inner = JsonValue::parse(text).at("a").at("b");
    text.assign(text.size(), '#');
  }
  EXPECT_EQ(inner->text(), "a text that is too long to stand inside a std::string");
}

TEST(Json, FindsMembersBehindNestedOnes) {
  const auto root = JsonValue::parse(R"({"a":{"x":1,"y":[{"z":2}]},"x":3,"e":{},"f":[],"z":4})");
  EXPECT_EQ(root.at("x").integer(), 3);
  EXPECT_EQ(root.at("z").integer(), 4);
  EXPECT_FALSE(root.member("y"));
  EXPECT_EQ(root.entries().size(), 5u);
  EXPECT_TRUE(root.at("f").elements().empty());
}

TEST(Json, ReadsWholeNumbersHoweverWritten) {
  EXPECT_EQ(JsonValue::parse("12045").integer(), 12045);
  EXPECT_EQ(JsonValue::parse("12045.0").integer(), 12045);
  EXPECT_EQ(JsonValue::parse("1.2045e4").integer(), 12045);
  EXPECT_EQ(JsonValue::parse("-9223372036854775808").integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(JsonValue::parse("9223372036854775807").integer(), std::numeric_limits<std::int64_t>::max());
  for (const char* text : {"12045.5", "9223372036854775808", "-9223372036854775809", "1e300", "\"12045\"", "true"})
    EXPECT_THROW(JsonValue::parse(text).integer(), Invalid) << text;
}

TEST(Json, NamesTheByteWhereItStopsBeingJson) {
  EXPECT_EQ(where_in(R"({"a":1,})"), "byte 8");
  EXPECT_EQ(where_in(R"({"a":1} x)"), "byte 9");
  EXPECT_EQ(where_in(std::string_view("{}\0{}", 5)), "byte 3");
  for (const char* text : {"",   " ",   "{",    "[1",      "nul",    "'a'",     "{a:1}",       "01",  "+1",  "1.",
                           ".5", "NaN", "[1]]", "// c\n1", "\"\t\"", "\"\\x\"", "\"\\ud800\"", "\"a", "[,]", "{\"a\"}"})
    EXPECT_TRUE(where_in(text).starts_with("byte ")) << text;
  for (const char* bad : {"\"\xFF\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "{\"\xFF\":1}"})
    EXPECT_TRUE(where_in(bad).starts_with("byte "));
}

TEST(Json, NamesTheMemberThatNoProgramCanHold) {
  EXPECT_EQ(where_in("1e999"), "");
  EXPECT_EQ(where_in(R"({"a":[1,{"b":1e999}]})"), "/a/1/b");
}

TEST(Json, DoesNotQuoteForeignBytesInItsErrors) {
  try {
    JsonValue::parse("[\"secret\xFF\"]");
    FAIL() << "accepted";
  } catch (const Invalid& fault) { EXPECT_STREQ(fault.what(), "byte 9: not JSON: it is not UTF-8"); }
}

TEST(Json, RefusesAMemberThatIsThereTwice) {
  EXPECT_EQ(where_in(R"({"a":1,"b":2,"a":3})"), "/a");
  EXPECT_EQ(where_in(R"({"x":[{},{"b":{"k/~":1,"\u006b/~":2}}]})"), "/x/1/b/k~1~0");
  EXPECT_EQ(where_in(R"({"a":{"b":1},"b":{"a":1}})"), "nothing wrong");
}

TEST(Json, IsAtMost64LevelsDeep) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(where_in(nested(64)), "nothing wrong");
  std::string deepest;
  for (int i = 0; i < 64; ++i) deepest += "/0";
  EXPECT_EQ(where_in(nested(65)), deepest);
  EXPECT_EQ(where_in(std::string(1'000'000, '[')), deepest);
}

TEST(Json, PointsToTheValueOfAnotherKind) {
  const auto root = JsonValue::parse(R"({"a/b":[{"m~n":"text"}],"n":1})");
  EXPECT_EQ(where_of([&] { (void)root.at("a/b").elements()[0].at("m~n").integer(); }), "/a~1b/0/m~0n");
  EXPECT_EQ(where_of([&] { (void)root.at("n").text(); }), "/n");
  EXPECT_EQ(where_of([&] { (void)root.at("n").member("x"); }), "/n");
  EXPECT_EQ(where_of([&] { (void)root.at("a/b").at("x"); }), "/a~1b");
  EXPECT_EQ(where_of([&] { (void)root.at("x/y"); }), "/x~1y");
  EXPECT_EQ(where_of([&] { (void)root.elements(); }), "");
}

TEST(Json, WritesCommasAndEscapes) {
  JsonWriter out;
  out.begin_object();
  out.name("a\"");
  out.begin_array();
  out.integer(-1);
  out.real(0.1);
  out.string("x\\\n\x01{");
  out.begin_object();
  out.end_object();
  out.null();
  out.end_array();
  out.name("b");
  out.raw("[ 1 ]");
  out.name("c");
  out.boolean(false);
  out.end_object();
  EXPECT_EQ(out.take(), R"({"a\"":[-1,0.1,"x\\\n\u0001{",{},null],"b":[ 1 ],"c":false})");
}

TEST(Json, WritesNothingThatIsNotJson) {
  JsonWriter out;
  EXPECT_THROW(out.string("\xFF"), Invalid);
  EXPECT_THROW(out.real(std::numeric_limits<double>::quiet_NaN()), Invalid);
  EXPECT_THROW(out.real(std::numeric_limits<double>::infinity()), Invalid);
}

}  // namespace
