// A handler that takes the process with it: real processes, started again by the test as a supervisor would.
#include "crash.hpp"

namespace holdfast::chaos {
namespace {

struct CrashWithEvents : Crash {
  CrashWithEvents() { publish({"bad", "1", "2", "3", "4", "5"}); }
};
struct G5_CrashLoop : CrashWithEvents {};
struct G6_CrashLoop : CrashWithEvents {};
struct G1_Stop : CrashWithEvents {};

TEST_F(G5_CrashLoop, AnEventThatCrashesTheProcessDiesAlone) { dies_alone("crash", crash_code); }

TEST_F(G5_CrashLoop, AnEventThatHangsDiesAlone) {
  dies_alone("hang", hang_code);
  EXPECT_NE(child_log().find("a handler is past its deadline"), std::string::npos) << child_log();
}

TEST_F(G5_CrashLoop, AHandlerPastItsDeadlineIsACrash) {
  EXPECT_EQ(life("hang"), hang_code);
  EXPECT_NE(child_log().find("a handler is past its deadline"), std::string::npos) << child_log();
  EXPECT_EQ(lives("good", crash_code, 1), 0);
  EXPECT_EQ(effects(), published);
}

/// stop() ends in time, in words, though a handler does not.
TEST_F(G1_Stop, AHandlerThatDoesNotEndIsLeftBehindAndNothingIsLost) {
  EXPECT_EQ(life("deaf"), hang_code);
  EXPECT_NE(
      child_log().find("the stop did not end by its deadline: a handler, the database or the broker keeps a consumer"),
      std::string::npos)
      << child_log();
  EXPECT_NE(child_log().find(R"("consumers":"c")"), std::string::npos) << child_log();
  EXPECT_EQ(lives("good", crash_code, 1), 0);
  EXPECT_EQ(effects(), published);
}

TEST_F(G6_CrashLoop, AReleaseThatCrashesOnEverythingUsesUpNothing) {
  EXPECT_EQ(lives("crash on everything", crash_code, 4), 4) << "more than the three counted starts that one event has";
  EXPECT_EQ(lives("good", crash_code, 1), 0);
  EXPECT_TRUE(dead().empty());
  EXPECT_EQ(effects(), published);
}

}  // namespace
}  // namespace holdfast::chaos
