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
  Crash() : consumer(open_store(folder.url("crasher.db"))), bus(open_transport(folder.url("bus.db"))) {
    bus.impl()->topology().declare({"c.test-blow.q", {"test.blow.*"}, true});
    publish({"bad", "1", "2", "3", "4", "5"});
  }

  void publish(const std::vector<std::string>& whats) {
    Host producer({.name = "producer",
                   .store = open_store(folder.url("producer.db")),
                   .transport = bus,
                   .log = [](const LogLine&) {}});
    producer.start();
    producer.store().transact([&](Transaction& tx) {
      for (const auto& what : whats)
        producer.outbox().publish(tx, Blow{static_cast<std::int64_t>(published.size()), what}), published.insert(what);
    });
    EXPECT_TRUE(eventually([&] { return producer.store().impl()->admin()->status().pending == 0; }));
    producer.stop();
  }

  int life(const std::string& role) {
    auto process = child(folder, role, static_cast<int>(published.size()));
    if (eventually([&] { return !process.running(); })) return process.wait();
    ADD_FAILURE() << role << ": it did not end; see child.log";
    return 0;
  }
  /// Lives of this role until one ends by itself; how many did not. At most so many.
  int lives(const std::string& role, int code, int most) {
    for (int died = 0; died < most; ++died) {
      const int ended = life(role);
      if (ended == 0) return died;
      EXPECT_EQ(ended, code) << "see child.log";
      between_lives();
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
  std::string child_log() {
    std::ifstream log(folder.path() / "child.log");
    return {(std::istreambuf_iterator<char>(log)), {}};
  }

  Folder folder;
  Store consumer;
  Transport bus;
  std::multiset<std::string> published;
  std::function<void()> between_lives = [] {};
};
struct G5_CrashLoop : Crash {
  void dies_alone(const std::string& role, int code) {
    between_lives = [&] { publish({std::to_string(published.size())}); };  // alone it might be the release that is bad
    const int died = lives(role, code, 12);
    EXPECT_GE(died, 3) << "three counted starts are its right";
    EXPECT_LT(died, 12);
    EXPECT_EQ(dead(), std::vector<std::string>{"crash_loop"});
    auto others = published;
    others.erase("bad");
    EXPECT_EQ(effects(), others) << "others were lost, or handled twice";
  }
};
struct G6_CrashLoop : Crash {};
struct G1_Stop : Crash {};

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
  EXPECT_NE(child_log().find("the stop did not end by its deadline: a handler or the database keeps a consumer"),
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
