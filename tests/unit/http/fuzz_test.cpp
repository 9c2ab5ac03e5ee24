// Request targets of whatever bytes: taken apart without losing any of them, or refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "http/uri.hpp"

namespace holdfast::http {
namespace {

using Random = std::mt19937_64;

std::string any_text(Random& random, std::size_t most) {
  std::string out(random() % (most + 1), ' ');
  for (char& c : out) c = random() % 8 ? "/?#&=%+:a2fFzh"[random() % 14] : static_cast<char>(random());
  return out;
}

std::string encoded(const std::string& text) {
  std::string out;
  for (const unsigned char c : text) out += {'%', "0123456789abcdef"[c / 16], "0123456789ABCDEF"[c % 16]};
  return out;
}

TEST(UriFuzz, WhatIsDecodedIsAllThatWasThere) {
  Random random(20250822);
  int read = 0, refused = 0;
  for (int i = 0; i < 50'000; ++i) {
    const auto text = any_text(random, 12);
    const auto decoded = percent_decode(text, i % 2);
    decoded ? ++read : ++refused;
    if (!decoded) continue;
    EXPECT_EQ(decoded->size(), text.size() - 2 * static_cast<std::size_t>(std::ranges::count(text, '%'))) << text;
    EXPECT_EQ(decoded->find('\0'), decoded->npos) << text;
    EXPECT_EQ(percent_decode(encoded(*decoded)), decoded) << text;
  }
  EXPECT_GT(read, 5'000);
  EXPECT_GT(refused, 5'000);
}

TEST(UriFuzz, ATargetIsAPathAndAQueryOrNothing) {
  Random random(20250823);
  int split = 0, refused = 0, found = 0;
  for (int i = 0; i < 50'000; ++i) {
    const auto text = "/?ah"[random() % 4] + any_text(random, 30);
    const auto target = split_target(text);
    target ? ++split : ++refused;
    if (!target) continue;
    const std::string path(target->path), query(target->query);
    EXPECT_TRUE(path.starts_with('/')) << text;
    EXPECT_EQ((path + query).find('#'), std::string::npos) << text;
    EXPECT_EQ(path.find('?'), path.npos) << text;
    if (text[0] == '/' || text[0] == '?') {
      const auto shown = text.substr(0, text.find('#'));
      const auto mark = shown.find('?');
      EXPECT_EQ(path, mark == 0 ? "/" : shown.substr(0, mark)) << text;
      EXPECT_EQ(query, mark == shown.npos ? "" : shown.substr(mark + 1)) << text;
    }
    if (const auto segments = path_segments(path)) {
      EXPECT_EQ(segments->size(), static_cast<std::size_t>(std::ranges::count(path, '/'))) << text;
    }
    found += query_member(query, "a").has_value();
    if (path.find('\0') != path.npos) continue;
    EXPECT_EQ(query_member("b=1&" + encoded("a/?&=") + "=" + encoded(path) + "&" + query, "a/?&="), path) << text;
  }
  EXPECT_GT(split, 20'000);
  EXPECT_GT(refused, 10'000);
  EXPECT_GT(found, 100);
}

}  // namespace
}  // namespace holdfast::http
