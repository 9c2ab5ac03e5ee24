// G5, G6: the crash guard's account in the database; what the session makes of it is in session_guard_test.
#include "tests/unit/inbox/desk.hpp"

namespace holdfast::inbox::test {

class G5_CrashGuard : public Desk {
 protected:
  /// The process dies while it runs this one; the next one comes up.
  void crash(const std::string& name, How how = {.guarded = true, .exclusive = true}) {
    behaves[name] = [](Call&) { throw Killed(); };
    const std::vector<Arrival> batch{consumer().arrive(again(delivery(name, name)))};
    EXPECT_THROW(consumer().run_batch(batch, how), Killed);
    restart();
  }
  Report run(const std::string& name, How how = {.guarded = true, .exclusive = true}) {
    const std::vector<Arrival> batch{consumer().arrive(again(delivery(name, name)))};
    return consumer().run_batch(batch, how);
  }
  /// It was set aside; the process dies while it runs again, and the next one comes up.
  void crash_deferred(const std::string& name) {
    fails(name, 1);
    deliver(delivery(name));
    clock.advance(seconds(2));
    behaves[name] = [](Call&) { throw Killed(); };
    EXPECT_THROW(run_deferred(name), Killed);
    restart();
  }
  /// From here on the store cannot be reached.
  void leave_start() {
    faulty.before = [](const std::string&) { throw Unavailable("away"); };
  }
  void store_is_back() {
    faulty.before = [](const std::string&) {};
  }
  struct Killed {};
};

TEST_F(G5_CrashGuard, ARedeliveredEventIsStartedAndSettlingEndsIt) {
  bool committed_before_run = false;
  faulty.before = [&](const std::string& call) { committed_before_run |= call == "start" && ran.empty(); };
  EXPECT_EQ(deliver(again(delivery("a"))).counts, Counts{.handled = 1});
  EXPECT_TRUE(committed_before_run);
  EXPECT_TRUE(inbox->starts({id_of("a")}).empty());
  deliver(delivery("b"));
  EXPECT_EQ(deliver(again(delivery("b"))).counts, Counts{.duplicates = 1});
  EXPECT_TRUE(inbox->starts({id_of("b")}).empty());
}

TEST_F(G5_CrashGuard, AnEventWithAnUnfinishedStartMustRunAlone) {
  crash("a", {.guarded = true});
  behaves.clear();
  const Report report = run("a", {.guarded = true});
  EXPECT_EQ(report.end, End::suspect);
  EXPECT_EQ(report.settled, 0u);
  EXPECT_EQ(report.starts.all, 1);
  EXPECT_EQ(ran.size(), 1u) << "nor was it begun";
  EXPECT_EQ(inbox->starts({id_of("a")}).at(id_of("a")).all, 1) << "nor counted";
  EXPECT_EQ(run("a").counts, Counts{.handled = 1});
  EXPECT_TRUE(inbox->starts({id_of("a")}).empty());
}

TEST_F(G5_CrashGuard, ThreeCountedStartsAreACrashLoop) {
  for (const char* other : {"x", "y", "z"}) {
    crash("a");
    deliver(delivery(other, other));  // it gets through: so it is not the release
  }
  ran.clear();
  EXPECT_EQ(run("a", {.guarded = true}).counts, Counts{.dead = 1});
  EXPECT_TRUE(ran.empty());
  EXPECT_EQ(deferred("a")->reason, "crash_loop");
  EXPECT_TRUE(deferred("a")->blocks_key);
  EXPECT_TRUE(inbox->starts({id_of("a")}).empty());
}

TEST_F(G5_CrashGuard, AReleaseThatCrashesOnEverythingUsesUpNothing) {
  for (int i = 0; i < 10; ++i)
    for (const char* name : {"a", "b", "c"}) crash(name);
  behaves.clear();
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(run(name).counts, Counts{.handled = 1}) << name;
}

TEST_F(G5_CrashGuard, AloneInTheQueueTwentyStartsAreEnough) {
  const How alone{.guarded = true, .exclusive = true, .alone_in_queue = true};
  for (int i = 0; i < 20; ++i) crash("a", alone);
  EXPECT_EQ(run("a", alone).counts, Counts{.dead = 1});
}

TEST_F(G5_CrashGuard, ADeferredEventIsGuardedTooAndASuspectRunsWithoutFollowers) {
  fails("a", 1);
  deliver(delivery("a"));
  deliver(delivery("b"));
  clock.advance(seconds(2));
  behaves["b"] = [](Call&) { throw Killed(); };
  EXPECT_THROW(run_deferred("a"), Killed) << "as follower";
  restart();
  EXPECT_EQ(run_deferred("a").end, End::suspect);
  EXPECT_EQ(run_deferred("a", {.guarded = true, .exclusive = true}).counts, Counts{.handled = 1});
  EXPECT_EQ(state("b"), State::deferred);
  for (const char* other : {"x", "y", "z"}) {
    EXPECT_THROW(run_deferred("b", {.guarded = true, .exclusive = true}), Killed);
    restart();
    deliver(delivery(other, other));
  }
  EXPECT_EQ(run_deferred("b").counts, Counts{.dead = 1});
  EXPECT_EQ(deferred("b")->reason, "crash_loop");
}

TEST_F(G5_CrashGuard, ARunThatComesToNothingHidesNoStartOfAProcessThatDied) {
  crash_deferred("a");
  const How alone{.guarded = true, .exclusive = true};
  faulty.rows_locked = true;
  EXPECT_EQ(run_deferred("a", alone).counts, Counts{});
  EXPECT_EQ(inbox->starts({id_of("a")}).at(id_of("a")).all, 1) << "another one has it: it was not even begun";
  faulty.rows_locked = false;
  int begins = 0;
  faulty.before = [&](const std::string& call) { faulty.rows_locked = call == "begin" && ++begins == 2; };
  EXPECT_EQ(run_deferred("a", alone).counts, Counts{}) << "taken between look and run";
  faulty.before = [](const std::string&) {};
  faulty.rows_locked = false;
  EXPECT_GE(inbox->starts({id_of("a")}).at(id_of("a")).all, 1);
  EXPECT_EQ(run_deferred("a").end, End::suspect) << "still";
}

TEST_F(G5_CrashGuard, ADuplicateEndsNoStartOfAnEventThatIsSetAside) {
  crash_deferred("a");
  EXPECT_EQ(run("a").counts, Counts{.duplicates = 1});
  EXPECT_EQ(inbox->starts({id_of("a")}).at(id_of("a")).all, 1) << "that one, and not the duplicate's own";
}

TEST_F(G5_CrashGuard, AnotherEventUnderItsIdEndsNoStartOfIt) {
  crash_deferred("a");
  Delivery other = again(delivery("b"));
  other.body.replace(other.body.find(id_of("b").to_string()), 32, id_of("a").to_string());
  other.message_id = id_of("a").to_string();
  const auto run_other = [&] {
    const std::vector<Arrival> batch{consumer().arrive(other)};
    return consumer().run_batch(batch, {.guarded = true, .exclusive = true}).counts;
  };
  EXPECT_EQ(run_other(), Counts{.behind = 1}) << "id_reused, and its key waits";
  EXPECT_EQ(inbox->starts({id_of("a")}).at(id_of("a")).all, 1) << "that one, and not the other's own";
  EXPECT_EQ(run_other(), Counts{.duplicates = 1});
  EXPECT_EQ(inbox->starts({id_of("a")}).at(id_of("a")).all, 1);
}

TEST_F(G5_CrashGuard, ADuplicateEndsNoStartOfADeadEventThatRunsAgainByHand) {
  behaves["a"] = [](Call&) { throw Reject("no such product"); };
  EXPECT_EQ(deliver(delivery("a")).counts, Counts{.dead = 1});
  const int shovelled = row("a")->copy;
  const auto run_copy = [&](int number) {
    const std::vector<Arrival> batch{consumer().arrive(copy(again(delivery("a", "a")), number))};
    return consumer().run_batch(batch, {.guarded = true, .exclusive = true});
  };
  behaves["a"] = [](Call&) { throw Killed(); };
  EXPECT_THROW(run_copy(shovelled), Killed);
  restart();
  EXPECT_EQ(run_copy(shovelled + 1).counts, Counts{.duplicates = 1});
  EXPECT_EQ(inbox->starts({id_of("a")}).at(id_of("a")).all, 1);
}

TEST_F(G5_CrashGuard, AStartInDoubtIsNotCountedTwice) {
  bool doubt = true;
  faulty.before = [&](const std::string& call) {
    if (call == "started" && std::exchange(doubt, false)) throw InDoubt("the answer was lost");
  };
  EXPECT_EQ(run("a", {.guarded = true}).end, End::store_down);
  EXPECT_EQ(run("a", {.guarded = true}).counts, Counts{.handled = 1}) << "no suspect: this process wrote it";
}

TEST_F(G5_CrashGuard, WhatAProcessBeganAndDidNotDieOfIsNoSuspect) {
  behaves["a"] = [](Call&) { throw Unavailable("the gateway is away"); };
  EXPECT_EQ(run("a").end, End::unavailable);
  EXPECT_TRUE(inbox->starts({id_of("a")}).empty());
  behaves.clear();
  faulty.before = [](const std::string& call) {
    if (call == "begin") throw Unavailable("the database is away");
  };
  EXPECT_EQ(run("a").end, End::store_down);
  faulty.before = [](const std::string&) {};
  EXPECT_EQ(inbox->starts({id_of("a")}).size(), 1u) << "it could not be taken back";
  EXPECT_EQ(run("a", {.guarded = true}).counts, Counts{.handled = 1}) << "but this process knows";
}

/// One that ended with the store away is taken back before another event may end the process: that death is not counted twice.
TEST_F(G5_CrashGuard, AStartLeftBehindIsTakenBackBeforeAnotherEventRuns) {
  behaves["a"] = [this](Call&) { leave_start(); };
  EXPECT_EQ(run("a").end, End::store_down);
  EXPECT_EQ(inbox->starts({id_of("a")}).size(), 1u);
  store_is_back();
  crash("b");
  EXPECT_TRUE(inbox->starts({id_of("a")}).empty());
  EXPECT_EQ(inbox->starts({id_of("b")}).at(id_of("b")).all, 1);
}

TEST_F(G5_CrashGuard, NothingRunsWhileAStartLeftBehindCannotBeTakenBack) {
  behaves["a"] = [this](Call&) { leave_start(); };
  run("a");
  faulty.before = [](const std::string& call) {
    if (call == "take_back") throw Unavailable("away");
  };
  EXPECT_EQ(run("b").end, End::store_down);
  EXPECT_EQ(ran, names({"a"}));
}

/// Another lane's, say: by then the same event may have been begun again.
TEST_F(G5_CrashGuard, AStartLeftBehindAndWrittenAgainSinceIsNotTakenBack) {
  behaves["a"] = [this](Call&) { leave_start(); };
  run("a");
  store_is_back();
  behaves["a"] = [](Call&) { throw Killed(); };
  bool begun_again = false;
  faulty.before = [&](const std::string& call) {
    if (call != "take_back" || std::exchange(begun_again, true)) return;
    EXPECT_THROW(run("a"), Killed);
  };
  EXPECT_EQ(run("b").counts, Counts{.handled = 1});
  EXPECT_EQ(inbox->starts({id_of("a")}).at(id_of("a")).all, 1) << "the one that it dies of";
}

}  // namespace holdfast::inbox::test
