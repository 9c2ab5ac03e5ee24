#include <gtest/gtest.h>

#include "event/body_hash.hpp"
#include "event/key_hash.hpp"

namespace {

using holdfast::event::body_hash;
using holdfast::event::key_hash;
using holdfast::event::shard;

TEST(KeyHash, IsTheSameInEveryLanguage) {  // printf '%s' KEY | sha256sum | cut -c1-16
  EXPECT_EQ(key_hash(""), 0xe3b0c44298fc1c14u);
  EXPECT_EQ(key_hash("abc"), 0xba7816bf8f01cfeau);
  EXPECT_EQ(key_hash("12045"), 0x979751a8dba2dea8u);
  EXPECT_EQ(key_hash("Bestellung-Ä"), 0xefc6467cb51e7cbcu);
}

TEST(KeyHash, ShardIsItsTopSixBits) {
  EXPECT_EQ(shard(0xFFFFFFFFFFFFFFFFu), 63);
  EXPECT_EQ(shard(0x0400000000000000u), 1);
  EXPECT_EQ(shard(0x03FFFFFFFFFFFFFFu), 0);
  EXPECT_EQ(shard(key_hash("abc")), 0xba >> 2);
}

TEST(BodyHash, TellsTypeAndPayloadApart) {
  EXPECT_EQ(body_hash("a.v1", "{}").size(), 16u);
  EXPECT_EQ(body_hash("a.v1", "{}"), body_hash("a.v1", "{}"));
  EXPECT_NE(body_hash("a.v1", "{}"), body_hash("a.v2", "{}"));
  EXPECT_NE(body_hash("a.v1", "{}"), body_hash("a.v1", "{ }"));
  EXPECT_NE(body_hash("ab", "c"), body_hash("a", "bc"));
}

}  // namespace
