#include <gtest/gtest.h>

#include <vector>

#include "event/nearest.hpp"
#include "event/utf8.hpp"

namespace {

using holdfast::event::edit_distance;
using holdfast::event::fit;
using holdfast::event::is_utf8;
using holdfast::event::nearest;

TEST(Utf8, KnowsWhatIsWellFormed) {
  for (const char* good : {"", "plain", "Ä", "\xE2\x82\xAC", "\xF0\x9F\x92\xB6", "\xF4\x8F\xBF\xBF", "\xEF\xBF\xBF"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xC3(", "\xFF"})
    EXPECT_FALSE(is_utf8(bad));
}

TEST(Utf8, FitCutsBetweenCharactersAndReplacesWhatNoColumnTakes) {
  EXPECT_EQ(fit("abc", 2), "ab");
  EXPECT_EQ(fit("a\xE2\x82\xAC", 3), "a");
  EXPECT_EQ(fit("a\xE2\x82\xAC", 4), "a\xE2\x82\xAC");
  EXPECT_EQ(fit(std::string_view("a\0b", 3), 100),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(fit("a\xFF\xC3", 100), "a\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Nearest, CountsTypingErrors) {
  EXPECT_EQ(edit_distance("relay", "relay"), 0u);
  EXPECT_EQ(edit_distance("realy", "relay"), 1u);  // neighbours swapped
  EXPECT_EQ(edit_distance("rely", "relay"), 1u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(Nearest, FindsTheNameThatWasMeant) {
  const std::vector<std::string> names = {"database.url", "broker.url", "http.listen", "relay.mode"};
  EXPECT_EQ(nearest("databse.url", names), "database.url");
  EXPECT_EQ(nearest("relay.moed", names), "relay.mode");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
