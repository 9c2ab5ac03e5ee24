// G5, G6: the guard and the account together, over many lives of one process on one database.
#include "inbox/session.hpp"
#include "tests/unit/inbox/desk.hpp"

namespace holdfast::inbox::test {

/// A queue, a session and a consumer that live and die together; what kills is decided by the test.
class Lives : public Desk {
 protected:
  struct Killed {};
  Lives() {
    options.lanes = 1;
    options.batch = 64;
  }
  void publish(int count, const std::string& key = "") {
    for (int i = 0; i < count; ++i) {
      const std::string name = "e" + std::to_string(i);
      queue.push_back(delivery(name, key.empty() ? "key" + std::to_string(i) : key));
      behaves[name] = [this, name](Call&) {
        if (kills(name)) throw Killed();
      };
    }
  }
  /// Until nothing is left, or so much time has passed.
  void live(Millis patience, std::function<bool(const std::string&)> its_temper) {
    kills = std::move(its_temper);
    for (const auto over = clock.steady() + patience; clock.steady() < over && work_left();) {
      try {
        one_life(over);
      } catch (const Killed&) {
        ++deaths;
        clock.advance(seconds(1));  // the supervisor
      }
    }
  }

  SessionOptions options;
  std::deque<Delivery> queue;
  int deaths = 0;
  std::function<bool(const std::string&)> kills;  // when the handler is at it

 private:
  /// In the queue, or set aside and not dead.
  bool work_left() {
    if (!queue.empty()) return true;
    const auto waits = store.begin().query<int>("SELECT count(*) FROM holdfast_deferred WHERE state <> 'dead'");
    return waits.one() > 0;
  }
  void one_life(Tick over) {
    restart();
    Session session(options, deaths == 0);
    std::deque<Action> todo;
    std::set<std::uint64_t> out;
    int credit = 0;
    bool receiving = false;
    const auto say = [&](Actions actions) { todo.insert(todo.end(), actions.begin(), actions.end()); };
    for (auto& d : queue) d.session = static_cast<std::uint64_t>(deaths) + 1;
    say(session.start(clock.steady()));
    while (clock.steady() < over && work_left()) {
      while (!todo.empty()) {
        const Action action = todo.front();
        todo.pop_front();
        if (std::holds_alternative<Connect>(action)) receiving = true;
        if (const auto* c = std::get_if<Credit>(&action)) credit = c->most_unacked;
        if (const auto* a = std::get_if<Ack>(&action))
          for (const auto& position : a->settled) {
            std::erase_if(queue, [&](const Delivery& d) { return d.tag == position.tag; });
            out.erase(position.tag);
          }
        if (const auto* look = std::get_if<LookForDue>(&action))
          say(session.due(clock.steady(), inbox->due(look->query)));
        if (const auto* run = std::get_if<RunBatch>(&action))
          say(session.settled(clock.steady(), run->lane, consumer().run_batch(run->batch, run->how)));
        if (const auto* run = std::get_if<RunDeferred>(&action))
          say(session.settled(clock.steady(), run->lane, consumer().run_deferred(run->due, run->how)));
      }
      Arrived arrived{receiving, false, {}, {}};
      for (auto& d : queue)
        if (receiving && static_cast<int>(out.size()) < credit && out.insert(d.tag).second) {
          arrived.arrivals.push_back(consumer().arrive(d));
          d.redelivered = true;
        }
      if (!arrived.arrivals.empty()) say(session.received(clock.steady(), std::move(arrived)));
      if (!todo.empty()) continue;
      clock.advance(
          std::max<Millis>(Millis(1), std::chrono::duration_cast<Millis>(session.next().value() - clock.steady())));
      say(session.tick(clock.steady()));
    }
  }
};

TEST_F(Lives, G5_OnePoisonEventDiesAloneAndSoon) {
  publish(300);
  live(hours(1), [](const std::string& name) { return name == "e5"; });
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(state("e5"), State::dead);
  EXPECT_EQ(deferred("e5")->reason, "crash_loop");
  EXPECT_EQ(effects().size(), 299u);
  EXPECT_LE(deaths, 5);
}

TEST_F(Lives, G5_SoDoFivePoisonEventsSideBySide) {
  publish(100);
  live(hours(10), [](const std::string& name) { return name >= "e2" && name <= "e6" && name.size() == 2; });
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(effects().size(), 95u);
  for (const char* name : {"e2", "e3", "e4", "e5", "e6"}) EXPECT_EQ(deferred(name)->reason, "crash_loop");
}

TEST_F(Lives, G6_AReleaseThatCrashesOnEverythingForTenMinutesKillsNothing) {
  publish(200);
  const auto fixed = clock.steady() + std::chrono::minutes(10);
  live(hours(2), [&](const std::string&) { return clock.steady() < fixed; });
  EXPECT_TRUE(queue.empty()) << "the backlog drains by itself";
  EXPECT_EQ(effects().size(), 200u);
  EXPECT_LT(deaths, 40) << "restarts back off";
}

TEST_F(Lives, G5_AloneInTheQueueItIsDeadInTheEnd) {
  publish(1);
  live(hours(10), [](const std::string&) { return true; });
  EXPECT_EQ(state("e0"), State::dead);
  EXPECT_LE(deaths, 25);
}

/// Set aside it is no redelivery: the account of its starts is what ends the loop.
TEST_F(Lives, G5_AsHeadOfABlockedKeyItDiesAlone) {
  policy.after_dead = AfterDead::proceed;
  publish(64, "k");
  live(hours(10), [failed = false](const std::string& name) mutable {
    if (name != "e0") return false;
    if (!std::exchange(failed, true)) throw std::runtime_error("not yet");
    return true;
  });
  EXPECT_EQ(state("e0"), State::dead);
  EXPECT_EQ(deferred("e0")->reason, "crash_loop");
  EXPECT_EQ(effects().size(), 63u);
}

TEST_F(Lives, G5_AsFollower40Of64ItDiesAlone) {
  policy.after_dead = AfterDead::proceed;
  publish(65, "k");
  live(hours(10), [failed = false](const std::string& name) mutable {
    if (name == "e0" && !std::exchange(failed, true)) throw std::runtime_error("not yet");
    return name == "e40";
  });
  EXPECT_EQ(state("e40"), State::dead);
  EXPECT_EQ(deferred("e40")->reason, "crash_loop");
  EXPECT_EQ(effects().size(), 64u) << "those before it and those behind it";
}

}  // namespace holdfast::inbox::test
