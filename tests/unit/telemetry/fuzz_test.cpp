// A traceparent of whatever bytes: taken as it is, or a trace of its own begins. What goes on in headers is always one of W3C's.
#include <gtest/gtest.h>

#include <random>
#include <regex>

#include "event/envelope.hpp"
#include "event/trace_context.hpp"
#include "holdfast/trace.hpp"

namespace holdfast {
namespace {

using Random = std::mt19937_64;

const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::string damaged(Random& random) {
  std::string text = random() % 4 ? good : "01" + good.substr(2) + "-more";
  for (auto faults = random() % 3; faults > 0; --faults) {
    const auto at = random() % text.size();
    switch (random() % 5) {
      case 0: text[at] = static_cast<char>(random()); break;
      case 1: text.erase(at, 1); break;
      case 2: text.insert(at, 1, "-0afAF\r\n"[random() % 8]); break;
      case 3: text.replace(at, 16, 16, '0'); break;
      default: text[at] = "0123456789abcdef"[random() % 16];
    }
  }
  return text;
}

bool is_of_w3c(const std::string& text) {  // version 00; of a later one the beginning
  static const std::regex first("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"),
      later("(?!00|ff)[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-[^]*)?");
  const bool shaped = std::regex_match(text, first) || std::regex_match(text, later);
  return shaped && text.substr(3, 32) != std::string(32, '0') && text.substr(36, 16) != std::string(16, '0');
}

TEST(TraceFuzz, ATraceparentIsTakenWholeOrReplaced) {
  Random random(20250822);
  int taken = 0, replaced = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto text = damaged(random);
    const auto id = event::trace_id_of(text);
    EXPECT_EQ(id, is_of_w3c(text) ? text.substr(3, 32) : "") << testing::PrintToString(text);
    const TraceScope outer(good);
    {
      const TraceScope scope(text);
      EXPECT_TRUE(is_of_w3c(TraceScope::current())) << testing::PrintToString(text);
      EXPECT_EQ(TraceScope::current() == text, !id.empty()) << testing::PrintToString(text);
      id.empty() ? ++replaced : ++taken;
    }
    EXPECT_EQ(event::current_trace().traceparent, good);
  }
  EXPECT_GT(taken, 2'000);
  EXPECT_GT(replaced, 2'000);
}

}  // namespace
}  // namespace holdfast
