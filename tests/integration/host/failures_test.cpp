// What becomes of events whose handlers fail, on real threads: dead, blocked, paused, told.
#include <algorithm>
#include <atomic>

#include "admin/act.hpp"
#include "place.hpp"

namespace holdfast::host_test {
namespace {

using Strings = std::vector<std::string>;

struct G1_DeadLetters : Place {};
struct G5_Isolation : Place {};
struct G6_HostPatience : Place {};

Subscription no_retries(const std::string& consumer, AfterDead after) {
  return {.consumer = consumer, .after_dead = after, .retry = {.delays = {}}};
}

TEST_F(G5_Isolation, ADeadEventStopsItsKeyAlone) {
  host.subscribe(no_retries("strict", AfterDead::block), [](Context& ctx, const Placed& placed) {
    if (placed.text == "bad") throw std::runtime_error("never");
    effect(ctx, placed.text);
  });
  host.start();
  const auto bad = publish({1, "bad"}), behind = publish({1, "behind"});
  publish({2, "other"});
  ASSERT_TRUE(ears.until([](const Ears::Heard& h) { return h.settled("strict") >= 3; }));
  host.stop();
  EXPECT_EQ(effects(), Strings{"other"});
  EXPECT_EQ(state("strict", bad), "dead");
  EXPECT_EQ(state("strict", behind), "deferred");
  ASSERT_EQ(dead.all(), Strings{"strict exhausted: never"});
}

TEST_F(G1_DeadLetters, WhatWaitsBehindGoesOnWhenTheOperatorDiscards) {
  host.subscribe(no_retries("strict", AfterDead::block), [](Context& ctx, const Placed& placed) {
    if (placed.text == "bad") throw std::runtime_error("never");
    effect(ctx, placed.text);
  });
  host.start();
  publish({1, "bad"}), publish({1, "behind"}), publish({1, "last"});
  ASSERT_TRUE(ears.until([](const Ears::Heard& h) { return h.settled("strict") >= 3; }));
  auto& store = *host.store().impl();
  const auto sum = admin::discard(store, store.admin()->deferred(ports::Selection(), true), {});
  EXPECT_EQ(sum.done, 1);
  ASSERT_TRUE(ears.handled("strict", 2));
  host.stop();
  EXPECT_EQ(effects(), (Strings{"behind", "last"}));
}

TEST_F(G5_Isolation, ProceedGoesOnWithoutTheDeadOne) {
  host.subscribe(no_retries("lax", AfterDead::proceed), [](Context& ctx, const Placed& placed) {
    if (placed.text == "bad") throw std::runtime_error("never");
    effect(ctx, placed.text);
  });
  host.start();
  publish({1, "bad"}), publish({1, "behind"});
  ASSERT_TRUE(ears.handled("lax", 1));
  host.stop();
  EXPECT_EQ(effects(), Strings{"behind"});
  EXPECT_EQ(ears.counts("lax").dead, 1);
}

TEST_F(G1_DeadLetters, RejectIsDeadAtOnceWhateverThePolicy) {
  host.subscribe({.consumer = "c"}, [this](Context&, const Placed&) {
    seen.add("try");
    throw Reject("no such product");
  });
  host.start();
  const auto id = publish({1, "a"});
  ASSERT_TRUE(ears.dead("c", 1));
  host.stop();
  EXPECT_EQ(seen.all(), Strings{"try"}) << "five delays, and none of them used";
  const auto line = log().back();
  for (const auto* field : {" event_id=", " trace_id="})  // outside of a trace an event begins one under its own id
    EXPECT_NE(line.find(field + id.to_string()), std::string::npos) << line;
  EXPECT_EQ(dead.all(), Strings{"c rejected: no such product"});
}

TEST_F(G1_DeadLetters, NoHandlerIsRetriedThenDeadAndNeverSkipped) {
  auto subscription = taking("c");
  subscription.events = {"test.#"};
  host.subscribe(subscription, [](Context&, const Placed&) {});
  host.start();
  const auto id = publish_any(Reserved{1});
  ASSERT_TRUE(ears.dead("c", 1));
  host.stop();
  EXPECT_EQ(ears.counts("c").deferred, 1);
  EXPECT_EQ(state("c", id), "dead");
  EXPECT_EQ(dead.all(), Strings{"c no_handler: no handler of consumer c takes type test.reserved.v1"});
}

TEST_F(G1_DeadLetters, WhateverAHandlerThrowsIsAnAttemptAndNoEndOfTheProcess) {
  host.subscribe(taking("c"), [](Context&, const Placed&) { throw 42; });
  host.start();
  publish({1, "a"});
  ASSERT_TRUE(ears.dead("c", 1));
  host.stop();
  EXPECT_EQ(dead.all(), Strings{"c exhausted: the handler threw something that is no std::exception"});
}

TEST_F(G1_DeadLetters, WordsThatAreNoTextAreToldAndStoredAllTheSame) {
  auto o = options("json", "json.db");
  o.log = nullptr;  // stderr, as JSON
  Ears others;
  Host other(std::move(o));
  others.listen(other);
  other.subscribe(no_retries("c", AfterDead::block),
                  [](Context&, const Placed&) { throw std::runtime_error("\xff\xfe\nbroken"); });
  other.start();
  other.store().transact([&](Transaction& tx) { other.outbox().publish(tx, Placed{1, "a"}); });
  EXPECT_TRUE(others.dead("c", 1));
}

TEST_F(G1_DeadLetters, OnDeadLetterMayThrow) {
  auto o = options("careless", "careless.db");
  o.on_dead_letter = [](const DeadLetter& letter) {
    if (letter.info.key == "1") throw std::runtime_error("the pager is away");
    throw 7;
  };
  Ears others;
  Host other(std::move(o));
  others.listen(other);
  other.subscribe(no_retries("c", AfterDead::block), [](Context&, const Placed&) { throw Reject("no"); });
  other.start();
  for (int key : {1, 2}) other.store().transact([&](Transaction& tx) { other.outbox().publish(tx, Placed{key, "a"}); });
  EXPECT_TRUE(others.dead("c", 2));
  other.stop();
  const auto lines = log();
  EXPECT_EQ(
      std::count_if(lines.begin(), lines.end(), [](const auto& l) { return l.starts_with("on_dead_letter failed"); }),
      2);
}

TEST_F(G6_HostPatience, UnavailablePausesCountsNothingAndGoesOn) {
  const auto away = std::make_shared<std::atomic<bool>>(true);
  host.subscribe({.consumer = "c"}, [this, away](Context& ctx, const Placed& placed) {
    if (*away) throw Unavailable("the bank is closed");
    effect(ctx, placed.text);
    seen.add("attempt " + std::to_string(ctx.info().attempt));
  });
  host.start();
  for (int i = 0; i < 5; ++i) publish({i, std::to_string(i)});
  ASSERT_TRUE(ears.until([](const Ears::Heard& h) {
    return h.unavailable.contains("c") && h.unavailable.at("c") >= 2;
  }));  // paused, probed in vain
  EXPECT_EQ(ears.counts("c"), inbox::Counts{});
  EXPECT_TRUE(host.health().ready);
  EXPECT_NE(host.health().detail.find("consumer c is paused"), std::string::npos) << host.health().detail;
  *away = false;
  ASSERT_TRUE(ears.handled("c", 5));
  host.stop();
  EXPECT_EQ(seen.all(), Strings(5, "attempt 1")) << "an outage uses up no attempts";
}

TEST_F(G5_Isolation, OneEventThatSaysUnavailablePausesNotAll) {
  host.subscribe({.consumer = "c", .retry = {.delays = {}}}, [](Context& ctx, const Placed& placed) {
    if (placed.text == "liar") throw Unavailable("always away for this one");
    effect(ctx, placed.text);
  });
  host.start();
  const auto liar = publish({1, "liar"});
  for (int i = 2; i < 6; ++i) publish({i, std::to_string(i)});
  ASSERT_TRUE(ears.handled("c", 4));
  ASSERT_TRUE(ears.dead("c", 1));
  host.stop();
  EXPECT_EQ(state("c", liar), "dead");
  EXPECT_EQ(effects().size(), 4u);
}

}  // namespace
}  // namespace holdfast::host_test
