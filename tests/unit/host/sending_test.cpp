// The relay's step on a hand-driven clock: a call that comes while a session opens is not lost, and giving up ends it.
#include <gtest/gtest.h>

#include <deque>
#include <functional>

#include "host/sending.hpp"
#include "outbox/store_commands.hpp"
#include "sql/sqlite/open.hpp"
#include "transport/memory/bus.hpp"

namespace holdfast::host {
namespace {

/// Moves only when told, but a pump that waits until a time of it would wait for ever: the tests never let it.
struct HandClock : ports::Clock {
  ports::Tick steady() const override { return tick; }
  Timestamp utc() const override { return Timestamp() + std::chrono::hours(500'000); }
  ports::Tick tick = ports::Tick() + ports::Millis(1);
};

/// Sessions that are never woken: they only remember until when they were asked to wait.
struct DeafPublisher : ports::Publisher {
  explicit DeafPublisher(std::vector<ports::Tick>& waits_for) : waits(waits_for) {}
  ports::PublisherTraits traits() const override { return {}; }
  bool accept(const ports::Publication&) override { return true; }
  ports::SessionState pump(ports::Tick until, std::vector<ports::PublishResult>&) override {
    waits.push_back(until);
    return ports::SessionState::open;
  }
  ports::Blame blame() const override { return ports::Blame::nobody; }
  std::string why_closed() const override { return ""; }
  void wake() noexcept override {}
  void abort() noexcept override {}
  std::vector<ports::Tick>& waits;
};
struct DeafBus : transport::memory::Bus {
  using Bus::Bus;
  std::unique_ptr<ports::Publisher> publisher() override {
    while_opening();
    return std::make_unique<DeafPublisher>(waits);
  }
  std::function<void()> while_opening = [] {};
  std::vector<ports::Tick> waits;
};

struct SendingSteps : testing::Test {
  HandClock clock;
  Store store = store::open_sqlite(":memory:", clock);
  DeafBus bus{clock};
  telemetry::Metrics metrics;
  Surroundings here{"test", *store.impl(), bus, clock, telemetry::Log(LogSink()), metrics, {}};
  std::deque<outbox::StoreCommand> commands;
  outbox::RelayOptions options() {
    outbox::RelayOptions o;
    o.owner = "test";
    return o;
  }
  Sending sending{here, options(), [this](outbox::StoreCommand command) { commands.push_back(std::move(command)); }};
};

/// A commit while a session opens: whoever wakes finds no session yet, and the session begins to wait after that.
TEST_F(SendingSteps, ACallWhileASessionOpensIsNotLost) {
  store.migrate();
  const auto outbox = store.impl()->outbox();
  bus.while_opening = [this] { sending.committed(); };
  for (int i = 0; bus.waits.empty() && i < 5; ++i) {
    sending.step(clock.tick + ports::Millis(1000));
    if (!bus.waits.empty()) break;
    for (; !commands.empty(); commands.pop_front()) sending.answer(outbox::run(commands.front(), *outbox));
  }
  ASSERT_EQ(bus.waits.size(), 1u);
  EXPECT_EQ(bus.waits[0], clock.tick) << "it waits though it was called";
}

TEST_F(SendingSteps, GivingUpEndsAStopThatWaitsForTheDatabase) {
  store.migrate();
  const auto outbox = store.impl()->outbox();
  ASSERT_TRUE(sending.step(clock.tick));
  ASSERT_FALSE(commands.empty());  // the lease; nobody answers it
  sending.stop();
  ASSERT_TRUE(sending.step(clock.tick)) << "it waits for the answer";
  ASSERT_TRUE(sending.step(clock.tick));
  sending.give_up();
  EXPECT_FALSE(sending.step(clock.tick));
}

TEST_F(SendingSteps, StopEndsByItselfWhereTheDatabaseAnswers) {
  store.migrate();
  const auto outbox = store.impl()->outbox();
  const auto answer = [&] {
    for (; !commands.empty(); commands.pop_front()) sending.answer(outbox::run(commands.front(), *outbox));
  };
  for (int i = 0; i < 5; ++i) sending.step(clock.tick), answer();
  EXPECT_TRUE(sending.owner());
  sending.stop();
  int steps = 0;
  for (; sending.step(clock.tick) && steps < 10; ++steps) answer();
  EXPECT_LT(steps, 10);
}

}  // namespace
}  // namespace holdfast::host
