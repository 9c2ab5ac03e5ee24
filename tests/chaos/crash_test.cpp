// A handler that takes the process with it: real processes, started again by the test as a supervisor would.
#include <fstream>
#include <iterator>
#include <set>

#include "crash.hpp"
#include "holdfast/connect.hpp"
#include "holdfast/host.hpp"
#include "kit.hpp"
#include "ports/store_base.hpp"
#include "ports/transport_base.hpp"

namespace holdfast::chaos {
namespace {

struct Crash : testing::Test {
  Crash() : consumer(open_store(folder.url("crasher.db"))) {
    const auto bus = open_transport(folder.url("bus.db"));
    bus.impl()->topology().declare({"c.test-blow.q", {"test.blow.*"}, true});
    Host producer({.name = "producer",
                   .store = open_store(folder.url("producer.db")),
                   .transport = bus,
                   .log = [](const LogLine&) {}});
    producer.start();
    producer.store().transact([&](Transaction& tx) {
      for (int i = 0; i < blows; ++i) producer.outbox().publish(tx, Blow{i, i == 0 ? "bad" : std::to_string(i)});
    });
    EXPECT_TRUE(eventually([&] { return producer.store().impl()->admin()->status().pending == 0; }));
    producer.stop();
  }

  /// Lives of this role until one ends by itself; how many did not. At most so many.
  int lives(const std::string& role, int code, int most) {
    for (int died = 0; died < most; ++died) {
      const int ended = child(folder, role).wait();
      if (ended == 0) return died;
      EXPECT_EQ(ended, code) << "see child.log";
    }
    return most;
  }
  std::multiset<std::string> effects() {
    return consumer.transact([](Transaction& tx) {
      const auto rows = tx.query<std::string>("SELECT what FROM effects");
      return std::multiset<std::string>(rows.begin(), rows.end());
    });
  }
  std::vector<std::string> dead() {
    std::vector<std::string> reasons;
    for (const auto& letter : consumer.impl()->admin()->deferred({}, true)) reasons.push_back(letter.event.reason);
    return reasons;
  }
  void bad_one_dies_alone(const std::string& role, int code) {
    const int died = lives(role, code, 12);
    EXPECT_GE(died, 3) << "three counted starts are its right";
    EXPECT_LT(died, 12);
    EXPECT_EQ(dead(), std::vector<std::string>{"crash_loop"});
    EXPECT_EQ(effects(), (std::multiset<std::string>{"1", "2", "3", "4", "5"})) << "others were lost, or handled twice";
  }

  Folder folder;
  Store consumer;
};
struct G5_CrashLoop : Crash {};
struct G6_CrashLoop : Crash {};
struct G1_Stop : Crash {};

TEST_F(G5_CrashLoop, AnEventThatCrashesTheProcessDiesAlone) { bad_one_dies_alone("crash", crash_code); }

TEST_F(G5_CrashLoop, AHandlerPastItsDeadlineIsACrash) { bad_one_dies_alone("hang", 70); }

/// stop() ends in time, in words, though a handler does not.
TEST_F(G1_Stop, AHandlerThatDoesNotEndIsLeftBehindAndNothingIsLost) {
  EXPECT_EQ(child(folder, "deaf").wait(), 70);
  std::ifstream log(folder.path() / "child.log");
  const std::string words((std::istreambuf_iterator<char>(log)), {});
  EXPECT_NE(words.find("the stop did not end in 1 s"), std::string::npos) << words;
  EXPECT_NE(words.find(R"("consumers":"c")"), std::string::npos) << words;
  EXPECT_EQ(lives("good", crash_code, 1), 0);
  EXPECT_EQ(effects(), (std::multiset<std::string>{"1", "2", "3", "4", "5", "bad"}));
}

TEST_F(G6_CrashLoop, AReleaseThatCrashesOnEverythingUsesUpNothing) {
  EXPECT_EQ(lives("crash on everything", crash_code, 6), 6);
  EXPECT_EQ(lives("good", crash_code, 1), 0);
  EXPECT_TRUE(dead().empty());
  EXPECT_EQ(effects(), (std::multiset<std::string>{"1", "2", "3", "4", "5", "bad"}));
}

}  // namespace
}  // namespace holdfast::chaos
