#include "event/limits.hpp"

#include <gtest/gtest.h>

#include "holdfast/errors.hpp"

namespace {

using holdfast::Headers;
using holdfast::event::Limits;

std::string broken(std::string_view type, std::string_view key, const Headers& headers = {},
                   std::string_view body = "{}", const Limits& limits = {}) {
  try {
    holdfast::event::check(limits, type, key, headers, body);
    return "";
  } catch (const holdfast::Invalid& fault) { return fault.where(); }
}

TEST(Limits, AllowWhatFitsExactly) {
  EXPECT_EQ(broken(std::string(200, 't'), std::string(200, 'k'), {{"name", std::string(16 * 1024 - 4, 'h')}},
                   std::string(1024 * 1024, ' ')),
            "");
  EXPECT_EQ(broken("t", ""), "");
}

TEST(Limits, NameTheOneThatIsBroken) {
  EXPECT_EQ(broken(std::string(201, 't'), "k"), "type");
  EXPECT_EQ(broken("t", std::string(201, 'k')), "key");
  EXPECT_EQ(broken("t", "k", {{"a", std::string(9000, 'h')}, {"b", std::string(9000, 'h')}}), "headers");
  EXPECT_EQ(broken("t", "k", {}, std::string(1024 * 1024 + 1, ' ')), "envelope");
  EXPECT_EQ(broken("", "k"), "type");
}

TEST(Limits, CountBytesNotCharacters) {
  EXPECT_EQ(broken("t",
                   [] {
                     std::string key;
                     for (int i = 0; i < 101; ++i) key += "Ä";
                     return key;
                   }()),
            "key");
}

TEST(Limits, CanBeMoved) {
  EXPECT_EQ(broken("t", "12345", {}, "{}", {.key = 4}), "key");
  EXPECT_EQ(broken("t", std::string(300, 'k'), {}, "{}", {.key = 300}), "");
}

TEST(Limits, RefuseTextThatADatabaseCannotHold) {
  EXPECT_EQ(broken("t", std::string_view("a\0b", 3)), "key");
  EXPECT_EQ(broken("t\xFF", "k"), "type");
  EXPECT_EQ(broken("t", "k", {{"name", "\xED\xA0\x80"}}), "headers");
}

}  // namespace
