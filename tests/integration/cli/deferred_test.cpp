// holdfast deferred and dlq: acts on the database, done while the service is down or while it runs; their effect happens once.
#include "integration/cli/deferred_command.hpp"
#include "ports/store_base.hpp"

namespace holdfast::program_test {
namespace {

using Wait = ports::Deferred::Wait;

TEST_F(DeferredCommand, ListAndShowTellAllThatIsKnown) {
  EXPECT_EQ(inventory({"dlq", "list"}).out, "no dead letters\n");
  EXPECT_EQ(inventory({"deferred", "list"}).out, "nothing is set aside\n");
  EXPECT_EQ(inventory({"dlq", "list"}).code, 0);
  const auto first = dead(1), second = dead(2);
  const auto waiting = set_aside(url("inventory.db"), "inventory", created(3), Wait::retry);
  auto ran = inventory({"dlq", "list"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(has(ran.out, first.to_string()) && has(ran.out, "exhausted") && has(ran.out, "the shelf was locked"))
      << ran.out;
  EXPECT_EQ(rows({"dlq", "list"}).size(), 2u);
  EXPECT_EQ(rows({"deferred", "list"}).size(), 3u);
  EXPECT_EQ(rows({"dlq", "list", "--key", "2"}).at(0).at("id").string(), second.to_string());
  EXPECT_EQ(rows({"dlq", "list", "--reason", "invalid"}).size(), 0u);
  EXPECT_EQ(rows({"dlq", "list", "--error", "shelf", "--consumer", "inventory", "--since", "1h"}).size(), 2u);
  EXPECT_EQ(rows({"dlq", "list", "--until", "1h"}).size(), 0u);
  EXPECT_EQ(rows({"dlq", "list", "--limit", "1"}).size(), 1u);
  EXPECT_TRUE(has(inventory({"dlq", "list", "--limit", "1"}).err, "--limit"));
  const auto row = rows({"deferred", "list", waiting.to_string()}).at(0);
  EXPECT_EQ(row.at("state").string(), "retry");
  EXPECT_EQ(row.at("attempts").integer(), 6);
  EXPECT_TRUE(row.at("body").is_null());
  EXPECT_TRUE(has(rows({"dlq", "show", first.to_string()}).at(0).at("body").string(), R"("orderId":1,)"));
  EXPECT_TRUE(has(inventory({"dlq", "show", first.to_string()}).out, "reason exhausted: the shelf was locked"));
  EXPECT_EQ(inventory({"dlq", "list", "12045"}).code, 2) << "no event id";
}

struct RetryingCommand : DeferredCommand {
  /// In a queue of the broker: the inbox has its id, and what it was is not here.
  EventId retrying() const {
    const auto id = EventId::generate();
    const auto store = open_store(url("inventory.db"));
    const auto tx = store.impl()->inbox("inventory")->begin();
    const ports::Claim claim{id, store.impl()->clock().utc(), "hash"};
    tx->claim({&claim, 1});
    tx->settle(id, {ports::State::retrying, 0, {}});
    tx->commit();
    return id;
  }
};

TEST_F(RetryingCommand, WhatNoFilterFindsIsSaid) {
  retrying();
  dead(1);
  const std::string said = "1 more are retrying in a queue of the broker";
  EXPECT_EQ(rows({"deferred", "list"}).size(), 2u);
  EXPECT_EQ(rows({"deferred", "list", "--consumer", "inventory"}).size(), 2u);
  EXPECT_FALSE(has(inventory({"deferred", "list"}).err, said)) << "it is listed";
  for (const Words& filter : {Words{"--type", "order.created.v1"}, Words{"--key", "1"}, Words{"--error", "shelf"},
                              Words{"--reason", "exhausted"}, Words{"--since", "1h"}, Words{"--until", "0s"}}) {
    const auto ran = inventory({"--json", "deferred", "list", filter[0], filter[1]});
    EXPECT_EQ(Json::parse(ran.out).elements().size(), 1u) << filter[0] << ran.out;
    EXPECT_TRUE(has(ran.err, said)) << filter[0] << ran.err;
    EXPECT_FALSE(has(inventory({"dlq", "list", filter[0], filter[1]}).err, said)) << "a dead letter is elsewhere";
  }
}

TEST_F(RetryingCommand, WhatWaitsAtTheBrokerIsNotActedOnAndSaidSo) {
  const auto id = retrying();
  for (const auto* act : {"replay", "discard"}) {
    const auto ran = inventory({"deferred", act, id.to_string(), "--yes"});
    EXPECT_EQ(ran.code, 1) << act;
    EXPECT_EQ(ran.out, "0 done, 1 at the broker, waiting for the next try: not changed\n");
    EXPECT_EQ(Json::parse(inventory({"--json", "deferred", act, id.to_string(), "--yes"}).out).at("atBroker").integer(),
              1);
  }
  EXPECT_EQ(fate(id), "retrying");
}

TEST_F(DeferredCommand, AnActTakesAllThatIsSelectedAListTheFirst) {
  for (int i = 1; i <= 120; ++i) dead(i);
  EXPECT_EQ(rows({"dlq", "list"}).size(), 100u);
  auto ran = inventory({"dlq", "discard", "--limit", "5", "--yes"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(ran.out.starts_with("5 done")) << ran.out;
  EXPECT_TRUE(has(ran.err, "the first 5, there are more")) << ran.err;
  ran = inventory({"dlq", "discard", "--yes"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(ran.out.starts_with("115 done")) << ran.out;
  EXPECT_FALSE(has(ran.err, "there are more")) << ran.err;
}

TEST_F(DeferredCommand, AReplayOrDiscardIsAskedForFirst) {
  const auto id = dead(1);
  for (const auto* act : {"replay", "discard"}) {
    const auto ran = inventory({"dlq", act, id.to_string()});
    EXPECT_EQ(ran.code, 2) << ran.err;
    EXPECT_TRUE(has(ran.err, id.to_string()) && has(ran.err, "1 event(s)? Nothing was done: say --yes, or --dry-run"))
        << ran.err;
    const auto dry = inventory({"dlq", act, "--dry-run"});
    EXPECT_EQ(dry.code, 0);
    EXPECT_TRUE(has(dry.err, id.to_string())) << dry.err;
    EXPECT_EQ(dry.out, "0 done\n");
  }
  EXPECT_EQ(fate(id), "dead");
}

TEST_F(DeferredCommand, WhatIsReplayedWhileTheServiceIsDownTakesEffectOnce) {
  const auto first = dead(1, 2), second = dead(2, 3), left = dead(3, 5);
  const auto ran = inventory(
      {"--json", "dlq", "replay", first.to_string(), second.to_string(), "--yes", "--note", "the shelf is open again"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, R"({"done":2,"outOfTurn":2,"running":0,"settledMeanwhile":0,"atBroker":0,"notInState":0})"
                     "\n");
  EXPECT_EQ(rows({"dlq", "list"}).size(), 1u);
  EXPECT_EQ(taken_after({first, second}), 5);
  EXPECT_EQ(fate(left), "dead");
  EXPECT_EQ(inventory({"dlq", "replay", first.to_string(), "--yes"}).out, "0 done\n") << "handled: nothing is selected";
}

TEST_F(DeferredCommand, WhatIsReplayedWhileTheServiceRunsTakesEffectOnce) {
  auto service = start("inventory");
  std::vector<EventId> ids;
  for (int i = 1; i <= 20; ++i) ids.push_back(dead(i));
  EXPECT_EQ(inventory({"dlq", "replay", "--yes"}).code, 0);
  for (const auto& id : ids) EXPECT_TRUE(eventually([&] { return fate(id) == "handled"; }));
  EXPECT_EQ(on_hand(service.http, 101), 80);
  EXPECT_EQ(rows({"deferred", "list"}).size(), 0u);
}

TEST_F(DeferredCommand, ACanaryThatTakesEffectLetsTheOthersFollow) {
  auto service = start("inventory");
  std::vector<EventId> ids;
  for (int i = 1; i <= 5; ++i) ids.push_back(dead(i));
  const auto ran = inventory({"--json", "dlq", "replay", "--canary", "1", "--yes"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(Json::parse(ran.out).at("done").integer(), 4) << ran.out;
  for (const auto& id : ids) EXPECT_TRUE(eventually([&] { return fate(id) == "handled"; }));
  EXPECT_EQ(on_hand(service.http, 101), 95);
}

TEST_F(DeferredCommand, ACanaryWithoutAServiceKeepsTheOthersBack) {
  const auto canary = dead(1, 2), rest = dead(2, 3);
  const auto ran = inventory({"dlq", "replay", "--canary", "1", "--wait", "100ms", "--yes"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(
      has(ran.err, "the canary was not settled within 100ms (is the service running?): the rest was not replayed"))
      << ran.err;
  EXPECT_EQ(fate(rest), "dead");
  EXPECT_EQ(taken_after({canary}), 2);
  EXPECT_EQ(fate(rest), "dead");
}

TEST_F(DeferredCommand, ACanaryThatIsDeadAgainKeepsTheOthersBack) {
  auto service = start("inventory");
  const auto canary = dead(1, -1), rest = dead(2);  // a quantity that inventory rejects
  const auto ran = inventory({"--json", "dlq", "replay", "--canary", "1", "--yes"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(has(ran.err, "the canary is dead again: the rest was not replayed")) << ran.err;
  EXPECT_EQ(Json::parse(ran.out).at("done").integer(), 0);
  EXPECT_EQ(rows({"dlq", "list"}).size(), 2u);
  EXPECT_EQ(rows({"dlq", "show", canary.to_string()}).at(0).at("reason").string(), "rejected");
  EXPECT_EQ(fate(rest), "dead");
  EXPECT_EQ(on_hand(service.http, 101), 100);
}

TEST_F(DeferredCommand, ARateStaggersAndStopTakesBackWhatIsNotDue) {
  std::vector<EventId> ids;
  for (int i = 1; i <= 4; ++i) ids.push_back(dead(i, i));
  EXPECT_EQ(inventory({"dlq", "replay", "--rate", "0.001/s", "--yes"}).code, 0);
  std::vector<std::int64_t> due;
  for (const auto& row : rows({"deferred", "list"})) due.push_back(row.at("dueInMs").integer());
  ASSERT_EQ(due.size(), 4u);
  EXPECT_LE(due[0], 0);
  for (std::size_t i = 1; i < 4; ++i)
    EXPECT_GT(due[i], 500'000 * static_cast<std::int64_t>(i)) << "a thousand seconds apart";
  EXPECT_EQ(inventory({"dlq", "replay", "--stop", "--dry-run"}).out, "0 done\n");
  const auto stopped = inventory({"--json", "dlq", "replay", "--stop"});
  EXPECT_EQ(stopped.code, 0) << stopped.err;
  EXPECT_EQ(Json::parse(stopped.out).at("done").integer(), 3) << stopped.out;
  EXPECT_EQ(rows({"dlq", "list"}).size(), 3u);
  EXPECT_EQ(taken_after({ids[0]}), 1) << "the one that was due";
  EXPECT_EQ(rows({"dlq", "list"}).size(), 3u);
  for (const auto* rate : {"fast", "0/s", "-1/s", "10/m"})
    EXPECT_EQ(inventory({"dlq", "replay", "--rate", rate, "--yes"}).code, 2) << rate;
  EXPECT_EQ(rows({"dlq", "list"}).size(), 3u);
}

TEST_F(DeferredCommand, AnEditedBodyTakesEffectInsteadOfTheOldOne) {
  const auto id = dead(1, -7), other = dead(2);
  const auto edited =
      write("edited.json", envelope_of(id, "order.created.v1", Codec<shop::OrderCreated>::encode(created(1, 7))));
  EXPECT_EQ(inventory({"dlq", "replay", "--edited", edited, "--yes"}).code, 2) << "for one id only";
  EXPECT_EQ(inventory({"dlq", "replay", other.to_string(), "--edited", edited, "--yes"}).code, 2)
      << "it is another event";
  EXPECT_EQ(inventory({"dlq", "replay", id.to_string(), "--edited", file("none.json"), "--yes"}).code, 2);
  EXPECT_EQ(rows({"dlq", "list"}).size(), 2u);
  EXPECT_EQ(inventory({"dlq", "replay", id.to_string(), "--edited", edited, "--canary", "1", "--yes"}).code, 0)
      << "one alone is its own canary";
  EXPECT_EQ(taken_after({id}), 7);
  EXPECT_EQ(fate(other), "dead");
}

TEST_F(DeferredCommand, WhatIsDiscardedNeverRuns) {
  const auto id = dead(1), other = dead(2);
  EXPECT_EQ(inventory({"dlq", "discard", id.to_string(), "--yes"}).code, 0);
  EXPECT_EQ(fate(id), "discarded");
  EXPECT_EQ(rows({"dlq", "list"}).size(), 1u);
  auto service = start("inventory");
  send(url("bus.db"), id, "order.created.v1",
       envelope_of(id, "order.created.v1", Codec<shop::OrderCreated>::encode(created(1))), "inventory.order-created.q");
  send(url("bus.db"), EventId::generate(), "order.created.v1",
       envelope_of(EventId::generate(), "order.created.v1", Codec<shop::OrderCreated>::encode(created(3))),
       "inventory.order-created.q");
  EXPECT_TRUE(eventually([&] { return on_hand(service.http, 101) == 99; })) << "the one behind it";
  EXPECT_EQ(fate(id), "discarded") << "a late copy is a duplicate";
  EXPECT_EQ(fate(other), "dead");
}

/// by_key: the head goes first, its followers behind it.
TEST_F(DeferredCommand, G4_Order_AReplayedHeadFreesItsKey) {
  prepare("order");
  auto by_key = start("inventory", {"--consumer-ordering", "by_key"});
  const auto head = set_aside(url("inventory.db"), "inventory", created(7, 2), Wait::dead, true);
  const auto follower = set_aside(url("inventory.db"), "inventory", created(7, 3), Wait::blocked, true);
  EXPECT_EQ(rows({"deferred", "list"}).at(1).at("state").string(), "blocked");
  EXPECT_EQ(inventory({"deferred", "replay", follower.to_string(), "--yes"}).code, 1) << "it waits behind another one";
  const auto ran = inventory({"--json", "dlq", "replay", head.to_string(), "--yes"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(Json::parse(ran.out).at("outOfTurn").integer(), 0) << "it keeps its place";
  EXPECT_TRUE(eventually([&] { return fate(head) == "handled" && fate(follower) == "handled"; }))
      << fate(head) << fate(follower);
  EXPECT_EQ(on_hand(by_key.http, 101), 98) << "both are of one order: it is reserved once";
}

TEST_F(DeferredCommand, AFlagThatMakesNoSenseIsToldBeforeAnythingIsDone) {
  const auto id = dead(1);
  dead(2);
  const auto wait = inventory({"dlq", "replay", "--canary", "1", "--wait", "x", "--yes"});
  EXPECT_EQ(wait.code, 2);
  EXPECT_TRUE(has(wait.err, "--wait")) << wait.err;
  const auto canary = inventory({"dlq", "replay", "--canary=-1", "--yes"});
  EXPECT_EQ(canary.code, 2);
  EXPECT_TRUE(has(canary.err, "--canary")) << canary.err;
  EXPECT_EQ(fate(id), "dead");
  EXPECT_TRUE(has(inventory({"dlq", "list", "--reason", "exhuasted"}).err, "the nearest is 'exhausted'"));
  EXPECT_TRUE(has(inventory({"dlq", "list", "--consumer", "inventroy"}).err, "the nearest is 'inventory'"));
}

}  // namespace
}  // namespace holdfast::program_test
