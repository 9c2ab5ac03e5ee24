#include "holdfast/errors.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace {

using namespace holdfast;

TEST(Errors, InvalidSaysWhereAndWhy) {
  EXPECT_STREQ(Invalid("/qty", "is missing").what(), "/qty: is missing");
  EXPECT_STREQ(Invalid("", "an object is expected").what(), "an object is expected");
}

TEST(Errors, InvalidIsSeenFromTheDocumentAround) {
  EXPECT_EQ(Invalid("/qty", "is missing").inside("/items/0").where(), "/items/0/qty");
  EXPECT_EQ(Invalid("", "is missing").inside("/items").where(), "/items");
  const Invalid inner = Invalid("byte 7", "not JSON").inside("/payload");
  EXPECT_EQ(inner.where(), "/payload");
  EXPECT_EQ(inner.reason(), "byte 7: not JSON");
}

TEST(Errors, ATransientOneIsNoOutage) { EXPECT_FALSE((std::is_base_of_v<Unavailable, Transient>)); }

TEST(Errors, SqlErrorKnowsADuplicate) {
  EXPECT_TRUE(SqlError("23505", "duplicate").unique_violation());
  EXPECT_FALSE(SqlError("23503", "foreign key").unique_violation());
}

}  // namespace
