// holdfast status, publish, outbox and relay, while the service is down and while it runs.
#include <regex>

#include "holdfast/contract.hpp"
#include "integration/service/programs.hpp"
#include "ports/store_base.hpp"
#include "ports/transport_base.hpp"

namespace holdfast::program_test {
namespace {

using Json = detail::JsonValue;

struct OutboxCommand : Programs {
  std::string publish(const std::string& key) const {
    const auto ran = on("order", {"--json", "publish", "order.created.v1", key, payload(key)});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return Json::parse(ran.out).at("id").string();
  }
  static std::string payload(const std::string& order) {
    return Codec<shop::OrderCreated>::encode({std::stoll(order), 77, Money::parse("10.00"), "INR", {{101, 1}}});
  }
  std::vector<std::string> keys(const std::string& json) const {
    std::vector<std::string> out;
    for (const auto& row : Json::parse(json).elements()) out.push_back(row.at("key").string());
    return out;
  }
  std::int64_t in_queue() const {
    return open_transport(url("bus.db")).impl()->topology().depth("inventory.order-created.q").ready;
  }
};

TEST_F(OutboxCommand, WhatIsPendingIsListedShownAndDiscarded) {
  prepare("order");
  EXPECT_EQ(on("order", {"outbox", "list"}).code, 0);
  EXPECT_EQ(on("order", {"--json", "outbox", "list"}).out, "[]\n");
  publish("1");
  const auto second = publish("2"), third = publish("3");
  const auto list = on("order", {"--json", "outbox", "list"});
  EXPECT_EQ(list.code, 1) << "found something";
  EXPECT_EQ(keys(list.out), (Words{"1", "2", "3"}));
  EXPECT_EQ(keys(on("order", {"--json", "outbox", "list", "--key", "2"}).out), Words{"2"});
  const auto limited = on("order", {"--json", "outbox", "list", "--limit", "1"});
  EXPECT_EQ(keys(limited.out), Words{"1"});
  EXPECT_TRUE(has(limited.err, "the first 1, there are more")) << limited.err;
  EXPECT_EQ(keys(on("order", {"--json", "outbox", "list", "--since", "1h"}).out).size(), 3u);
  EXPECT_EQ(keys(on("order", {"--json", "outbox", "list", "--until", "1h"}).out).size(), 0u);
  EXPECT_TRUE(has(on("order", {"outbox", "list"}).out, second));
  const auto shown = Json::parse(on("order", {"--json", "outbox", "show", second}).out).elements().at(0);
  EXPECT_TRUE(has(shown.at("envelope").string(), payload("2"))) << shown.raw();
  EXPECT_TRUE(shown.at("publishedAt").is_null()) << shown.raw();

  auto ran = on("order", {"outbox", "discard", second});
  EXPECT_EQ(ran.code, 2) << "nobody can be asked";
  EXPECT_TRUE(has(ran.err, "Discard, never sent, 1 event(s)? Nothing was done: say --yes")) << ran.err;
  EXPECT_EQ(on("order", {"--json", "outbox", "discard", second, "--dry-run"}).out, "{\"done\":0}\n");
  EXPECT_EQ(keys(on("order", {"--json", "outbox", "list"}).out).size(), 3u);
  ran = on("order", {"--json", "outbox", "discard", second, "--yes", "--note", "a test"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "{\"done\":1}\n");
  EXPECT_EQ(keys(on("order", {"--json", "outbox", "list"}).out), (Words{"1", "3"}));
  EXPECT_EQ(on("order", {"--json", "outbox", "discard", second, "--yes"}).out, "{\"done\":0}\n");
  EXPECT_EQ(on("order", {"outbox", "show", third}).code, 0);
  EXPECT_EQ(on("order", {"--json", "outbox", "show", third}).code, 0);
  for (const Words& ask : {Words{"outbox", "show", second}, Words{"--json", "outbox", "show", second}})
    EXPECT_EQ(on("order", ask).code, 1) << "it is not there";
}

TEST_F(OutboxCommand, AnErrorSelectsByAPartOfItsText) {
  prepare("order");
  const auto big = publish("1"), other = publish("2");
  publish("3");
  open_store(url("order.db")).transact([&](Transaction& tx) {
    const auto sql = "UPDATE holdfast_outbox SET refused = 1, last_error = $2 WHERE id = $1";
    tx.exec(sql, EventId::parse(big), "the frame is too large");
    tx.exec(sql, EventId::parse(other), "access refused");
  });
  EXPECT_EQ(keys(on("order", {"--json", "outbox", "list", "--error", "too large"}).out), Words{"1"});
  EXPECT_EQ(keys(on("order", {"--json", "outbox", "show", "--error", "refused"}).out), Words{"2"});
  EXPECT_EQ(on("order", {"outbox", "republish", "--error", "x", "--dry-run"}).out, "0 done\n");
  EXPECT_EQ(on("order", {"outbox", "retry", "--error", "refused", "--yes"}).out, "1 done\n");
  EXPECT_EQ(on("order", {"outbox", "discard", "--error", "too large", "--yes"}).out, "1 done\n");
  EXPECT_EQ(keys(on("order", {"--json", "outbox", "list"}).out), (Words{"2", "3"}));
}

TEST_F(OutboxCommand, WhatWasPublishedIsSentAgainToAllOrToOneQueue) {
  declare_queues();
  prepare("inventory");
  auto inventory = std::make_optional(start("inventory"));
  inventory->http.put("/stock/101", R"({"onHand":10})");
  auto order = start("order");
  const auto id = publish("7");
  EXPECT_TRUE(eventually([&] { return on_hand(inventory->http, 101) == 9; }));
  EXPECT_TRUE(eventually([&] { return on("order", {"outbox", "list"}).code == 0; }));
  EXPECT_TRUE(eventually([&] { return in_queue() == 0; })) << "acknowledged";
  inventory->kill(), inventory.reset();
  EXPECT_EQ(on("order", {"outbox", "republish", id, "--yes"}).out, "1 done\n");
  EXPECT_EQ(on("order", {"outbox", "republish", id, "--yes", "--to", "inventory.order-created.q"}).out, "1 done\n");
  EXPECT_TRUE(eventually([&] { return in_queue() == 2; })) << in_queue();
  EXPECT_EQ(open_transport(url("bus.db")).impl()->topology().depth("payment.order-created.q").ready, 2)
      << "the first, and the one to all";
  inventory.emplace(start("inventory"));
  EXPECT_TRUE(eventually([&] { return in_queue() == 0; }));
  EXPECT_EQ(on_hand(inventory->http, 101), 9) << "duplicates are absorbed";
}

TEST_F(OutboxCommand, PublishTakesJsonThatFits) {
  prepare("order");
  EXPECT_EQ(on("order", {"publish", "order.created.v1", "1", "{"}).code, 2);
  EXPECT_EQ(on("order", {"publish", std::string(300, 't'), "1", "{}"}).code, 2);
  EXPECT_EQ(on("order", {"publish", "order.created.v1", std::string(300, 'k'), "{}"}).code, 2);
  EXPECT_EQ(on("order", {"--json", "outbox", "list"}).out, "[]\n");
}

TEST_F(OutboxCommand, StatusShowsSeveralDatabases) {
  prepare("order"), prepare("inventory");
  auto ran = on("order", {"--json", "--database", url("inventory.db"), "status"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  auto all = Json::parse(ran.out).elements();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].at("database").string(), url("order.db"));
  EXPECT_EQ(all[0].at("schema").integer(), 1);
  EXPECT_EQ(all[1].at("consumers").elements().at(0).at("consumer").string(), "inventory");
  publish("1");
  set_aside(url("inventory.db"), "inventory", {1, 77, Money::parse("1.00"), "INR", {{101, 1}}});
  ran = on("order", {"--json", "--database", url("inventory.db"), "status"});
  EXPECT_EQ(ran.code, 1) << "something is dead";
  all = Json::parse(ran.out).elements();
  EXPECT_EQ(all[0].at("pending").integer(), 1);
  EXPECT_GE(all[0].at("oldestPendingMs").integer(), 0);
  EXPECT_EQ(all[1].at("consumers").elements().at(0).at("dead").integer(), 1);
  ran = on("order", {"status", "--database", url("inventory.db")});
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(std::regex_search(
      ran.out, std::regex("OUTBOX +PENDING +OLDEST +REFUSED +SENT +RELAY\norder.db +1 +[0-9]+ s +0 +0.0/s +none\n"
                          "inventory.db +0 +- +0 +0.0/s +none\n")))
      << ran.out;
  EXPECT_TRUE(std::regex_search(ran.out, std::regex("\ninventory.db +inventory +0 +0 +- +1 +0.1/s\n"))) << ran.out;
  ran = on("order", {"status", "--database", url("gone.db")});
  EXPECT_EQ(ran.code, 3) << "one of them is not there";
  EXPECT_TRUE(has(ran.out, "\norder.db ") && has(ran.out, "\nnot seen: ") && has(ran.out, "gone.db")) << ran.out;
  auto order = start("order");
  EXPECT_TRUE(eventually([&] {
    return Json::parse(on("order", {"--json", "status"}).out).elements().at(0).at("leaseLeftMs").integer() > 0;
  }));
  EXPECT_TRUE(has(on("order", {"status"}).out, std::to_string(order.process.pid()))) << on("order", {"status"}).out;
}

TEST_F(OutboxCommand, StatusWatchedLooksAgainUntilItIsEnded) {
  prepare("order");
  demo::Process watch({HOLDFAST_BIN_DIR "/holdfast", {"--database", url("order.db"), "status", "--watch"}, {}, ""});
  const auto screen = [&] {
    std::string line = watch.read_line(60s);
    EXPECT_TRUE(line.starts_with("holdfast status, ") && line.ends_with("Ctrl-C ends")) << line;
    while (!line.starts_with("order.db ")) line = watch.read_line(60s);
    std::string left;
    while (!left.starts_with("CONSUMER OF") && !left.starts_with("order.db ")) left = watch.read_line(60s);
    watch.read_line(60s);
    return line;
  };
  EXPECT_TRUE(std::regex_search(screen(), std::regex("^order.db +0 +- ")));
  publish("1");
  std::string seen;
  for (int looks = 0; looks < 20 && !std::regex_search(seen, std::regex("^order.db +1 +[0-9]+ s ")); ++looks)
    seen = screen();
  EXPECT_TRUE(std::regex_search(seen, std::regex("^order.db +1 +[0-9]+ s "))) << seen;
  watch.signal(SIGINT);
  EXPECT_EQ(watch.wait(), 128 + SIGINT);
}

TEST_F(OutboxCommand, ARelaySendsForAServiceThatDoesNot) {
  declare_queues();
  auto order = start("order", {"--relay-mode", "elsewhere"});
  ASSERT_EQ(order.http.post("/orders", one_order()).status, 201);
  const auto missing = on("order", {"relay"});
  EXPECT_EQ(missing.code, 2);
  EXPECT_TRUE(has(missing.err, "which bus? Name it: --broker sqlite:bus.db")) << missing.err;
  EXPECT_EQ(on("order", {"outbox", "list"}).code, 1) << "the service itself sends nothing";
  const auto relay = [&] {
    return demo::Process({HOLDFAST_BIN_DIR "/holdfast",
                          {"--database", url("order.db"), "--broker", url("bus.db"), "relay"},
                          {},
                          file("relay.log")});
  };
  auto first = relay(), second = relay();
  EXPECT_EQ(first.read_line(30s), R"({"ready":true,"name":"holdfast-relay"})");
  EXPECT_EQ(second.read_line(30s), R"({"ready":true,"name":"holdfast-relay"})");
  EXPECT_TRUE(eventually([&] { return in_queue() == 1; }));
  EXPECT_TRUE(eventually([&] { return on("order", {"outbox", "list"}).code == 0; }));
  first.signal(SIGKILL), first.wait();
  ASSERT_EQ(order.http.post("/orders", one_order()).status, 201);
  EXPECT_TRUE(eventually([&] { return in_queue() == 2; })) << "the other one takes over";
  EXPECT_TRUE(eventually([&] { return on("order", {"outbox", "list"}).code == 0; }));
  second.signal(SIGTERM);
  EXPECT_EQ(second.wait(), 0);
  EXPECT_EQ(in_queue(), 2) << "each once";
}

}  // namespace
}  // namespace holdfast::program_test
