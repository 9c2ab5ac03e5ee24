// G5, G6: the account of starts, by which a poison event is told from a release that crashes on everything.
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/store/clients.hpp"
#include "ports/owner.hpp"

namespace holdfast::ports {
inline bool operator==(const Starts& a, const Starts& b) {
  return a.counted == b.counted && a.alone == b.alone && a.all == b.all;
}
inline void PrintTo(const Starts& s, std::ostream* out) {
  *out << "{" << s.counted << ", " << s.alone << ", " << s.all << "}";
}
}  // namespace holdfast::ports

namespace conformance {
namespace {

using namespace holdfast;
using namespace holdfast::ports;

std::string a_dead_process() {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = fork();
  if (child == 0) {
    const std::string me = this_process();
    _exit(write(ends[1], me.data(), me.size()) < 0 ? 1 : 0);
  }
  char owner[300];
  const auto size = read(ends[0], owner, sizeof owner);
  waitpid(child, nullptr, 0), close(ends[0]), close(ends[1]);
  return {owner, static_cast<std::size_t>(size)};
}

TEST_P(StoreConformance, StartsCountOnlyWithAnotherEventHandledBetween) {
  const auto start = [&] { return on(0, [&] { return inbox().start(id(1), false, 1); }); };
  EXPECT_EQ(start(), (Starts{0, 0, 0}));
  EXPECT_EQ(start(), (Starts{1, 0, 1}));  // the first counts
  EXPECT_EQ(start(), (Starts{1, 0, 2}));  // nothing was handled since
  committed([](InboxTx& t) { claim(t, {2}); });
  EXPECT_EQ(start(), (Starts{1, 0, 3}));
  EXPECT_EQ(start(), (Starts{2, 0, 4}));
  committed([](InboxTx& t) { t.lock({id(2)}), t.settle(id(2), {State::handled, 1}); });  // an old row counts too
  EXPECT_EQ(start(), (Starts{2, 0, 5}));
  EXPECT_EQ(start(), (Starts{3, 0, 6}));
}

TEST_P(StoreConformance, WhatMetNoHandlerIsNoEvidence) {
  const auto start = [&] { return on(0, [&] { return inbox().start(id(1), false, 1); }); };
  start();
  committed([](InboxTx& t) { claim(t, {2}), t.settle(id(2), aside(2, Deferred::Wait::dead)); });
  committed([](InboxTx& t) { claim(t, {3}), t.settle(id(3), aside(3, Deferred::Wait::blocked)); });
  start();
  EXPECT_EQ(start(), (Starts{1, 0, 2}));
}

TEST_P(StoreConformance, TheStartOfAnInstanceThatMayLiveIsNotCountedByAnother) {
  opens("a");
  clients->run(0, [&] { inbox().start(id(1), false, 1); });
  EXPECT_EQ(starts_of(1), (Starts{1, 0, 1}));
  opens("b");
  EXPECT_EQ(starts_of(1), (Starts{0, 0, 1}));
  opens("a");  // it did not live
  opens("b");
  EXPECT_EQ(starts_of(1), (Starts{1, 0, 1}));
}

// Two programs of one name on one machine: neither takes the other's start for one of its own.
TEST_P(StoreConformance, LivingProcessesOfOneNameHaveAccountsOfTheirOwn) {
  EXPECT_TRUE(opens("a", this_process()));
  clients->run(0, [&] { inbox().start(id(1), false, 1); });
  EXPECT_TRUE(opens("a", "elsewhere/1/1")) << "nobody had a second one before";
  EXPECT_EQ(starts_of(1), (Starts{0, 0, 1})) << "the first may live";
  clients->run(0, [&] { inbox().close_instance(); });
  EXPECT_FALSE(opens("a", this_process())) << "the other's clean end is not its own";
  EXPECT_EQ(starts_of(1), (Starts{1, 0, 1}));
}

TEST_P(StoreConformance, AProcessFindsWhatTheDeadOneOfItsNameLeft) {
  opens("a", a_dead_process());
  clients->run(0, [&] { inbox().start(id(1), false, 1); });
  EXPECT_FALSE(opens("a", this_process()));
  EXPECT_EQ(starts_of(1), (Starts{1, 0, 1}));
}

// As in containers of one host name: each takes the other for gone. What is closed then is the other's, and is left alone.
TEST_P(StoreConformance, WhoLostHisNameEndsNothing) {
  const auto first = clients->another_inbox();
  clients->run(0, [&] { first->open_instance({.name = "a", .owner = a_dead_process(), .queue = "test.q"}); });
  opens("a", this_process());
  clients->run(0, [&] { inbox().start(id(1), false, 1), first->close_instance(); });
  EXPECT_EQ(starts_of(1), (Starts{1, 0, 1}));
  EXPECT_FALSE(opens("a", this_process())) << "nor was its end written";
}

TEST_P(StoreConformance, WhatWasRolledBackSettledNothing) {
  const auto start = [&] { return on(1, [&] { return inbox().start(id(1), false, 1); }); };
  start();
  does(0, [](InboxTx& t) { claim(t, {2}); });
  rolls_back(0);
  start();
  EXPECT_EQ(start(), (Starts{1, 0, 2}));
}

TEST_P(StoreConformance, StartsCountOnWhateverTheClockDoes) {
  if (!features().sets_back) GTEST_SKIP();
  const auto start = [&] { return on(1, [&] { return inbox().start(id(1), false, 1); }); };
  committed([](InboxTx& t) { claim(t, {2}); });
  start();
  clients->advance(-std::chrono::hours(5));
  committed([](InboxTx& t) { claim(t, {3}); });
  start();
  EXPECT_EQ(start(), (Starts{2, 0, 2}));
}

TEST_P(StoreConformance, StartsAloneAreCountedApart) {
  const auto start = [&](bool alone) { return on(0, [&] { return inbox().start(id(1), alone, 1); }); };
  start(true), start(false);
  EXPECT_EQ(start(true), (Starts{1, 1, 2}));
  EXPECT_EQ(start(true), (Starts{1, 2, 3}));
}

TEST_P(StoreConformance, StartsEndWithTheEvent) {
  const auto start = [&](int n) { return on(0, [&] { return inbox().start(id(n), false, 1); }); };
  start(1), start(2), start(3);
  EXPECT_EQ(on(0, [&] { return inbox().starts({id(1), id(2), id(3), id(4)}); }).size(), 3u);
  EXPECT_EQ(on(0, [&] { return inbox().starts({id(1)}); }).at(id(1)), (Starts{1, 0, 1}));
  committed([](InboxTx& t) {
    claim(t, {1, 2});
    t.settle(id(1), {State::handled});
    const std::vector<EventId> done{id(2)};
    t.finish_starts(done);
  });
  EXPECT_EQ(on(0, [&] { return inbox().starts({id(1), id(2), id(3)}); }).size(), 1u);
  EXPECT_EQ(start(1), (Starts{0, 0, 0}));
  EXPECT_EQ(start(3), (Starts{1, 0, 1}));
}

// The store was away when their runs ended; the process lived on to a good end, and did not die of them.
TEST_P(StoreConformance, ACleanEndTakesItsOpenStartsBack) {
  const auto start = [&](int n) { return on(0, [&] { return inbox().start(id(n), true, 1); }); };
  opens("a"), start(1);  // of this one it dies
  opens("a"), start(1), start(2);
  clients->run(0, [&] { inbox().close_instance(); });
  opens("a");
  EXPECT_EQ(start(2), (Starts{0, 0, 0}));
  EXPECT_EQ(start(1).all, 1);
}

TEST_P(StoreConformance, AnInstanceTakesAStartBackOnce) {
  const auto start = [&](int number) { return on(0, [&] { return inbox().start(id(1), true, number); }); };
  const auto take_back = [&](int number) {
    const std::vector<StartRef> taken{{id(1), number}, {id(2), number}};
    clients->run(0, [&] { inbox().take_back(taken); });
  };
  const auto starts = [&] { return on(0, [&] { return inbox().starts({id(1)}); }); };
  opens("a"), start(1), take_back(1);
  EXPECT_TRUE(starts().empty()) << "with the count and the number of those alone";
  start(2), take_back(1);
  EXPECT_EQ(starts().at(id(1)), (Starts{1, 1, 1})) << "it was begun again since";
  opens("a"), start(1), take_back(1), take_back(1);
  EXPECT_EQ(starts().at(id(1)), (Starts{1, 1, 1})) << "what it died of stays, also when asked twice";
  opens("b"), take_back(2);
  EXPECT_EQ(starts().at(id(1)).all, 1) << "and what others began";
  start(1), take_back(1);
  EXPECT_EQ(starts().at(id(1)), (Starts{1, 1, 1}));
}

}  // namespace
}  // namespace conformance
