#include "store/headers.hpp"

#include <gtest/gtest.h>

namespace holdfast::store {
namespace {

TEST(Headers, AnyBytesComeBack) {
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  const Headers headers{{"", ""}, {every, every}, {"a", "{\"b\":1}"}};
  EXPECT_EQ(headers_from_text(headers_to_text(headers)), headers);
  EXPECT_EQ(headers_to_text({}), "{}");
}

TEST(Headers, AreReadFromAnyProgramsJson) {
  EXPECT_EQ(headers_from_text(" { \"a\\u00e4\" : \"\\t\\/\\n\" , \"b\":\"\\ud83d\\ude00\\u20AC\" } "),
            (Headers{{"a\xc3\xa4", "\t/\n"}, {"b", "\xf0\x9f\x98\x80\xe2\x82\xac"}}));
}

TEST(Headers, WhatCannotBeReadIsLeftOut) {
  EXPECT_EQ(headers_from_text("{\"a\":\"1\",\"b\":2,\"c\":\"3\"}"), (Headers{{"a", "1"}}));
  for (const char* broken : {"", "[]", "{\"a", "{\"a\":\"\\", "{\"a\":\"\\u00", "{\"a\":\"\\uzzzz\"}", "null"})
    EXPECT_TRUE(headers_from_text(broken).empty()) << broken;
}

}  // namespace
}  // namespace holdfast::store
