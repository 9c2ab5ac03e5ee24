// holdfast topology: a broker where programs may make nothing, and users that may do no more than their program needs.
#include <sstream>

#include "holdfast/contract.hpp"
#include "integration/service/programs.hpp"
#include "rabbitmq_server/brokers.hpp"
#include "rabbitmq_server/client.hpp"

namespace holdfast::rabbit_test {
namespace {

using program_test::eventually;
using program_test::has;
using program_test::member;
using program_test::one_order;
using program_test::Service;
using program_test::Words;

class TopologyCommand : public program_test::Programs {
 protected:
  program_test::Ran topology(Words words, const Words& more = {}) const {
    words.insert(words.begin(), {"--broker", vhost.url(), "topology"});
    words.insert(words.end(), more.begin(), more.end());
    return holdfast(words);
  }
  Service start(const std::string& name, const std::string& broker, const Words& more = {}) const {
    Words words{"--broker-url", broker};
    words.insert(words.end(), more.begin(), more.end());
    return Programs::start(name, words);
  }
  void start_and_stop_all() const {
    for (const std::string name : parts) {
      auto service = start(name, vhost.url());
      const Words show{"--database", url(name + ".db"), "--broker", vhost.url(), "topology", "show"};
      EXPECT_TRUE(eventually([&] { return holdfast(show).code == 0; }))
          << "a consumer starts after its program is ready";
      EXPECT_EQ(service.stop(), 0);
    }
  }
  /// The line for this program's user, made and run as an operator would do it.
  void give_rights(const std::string& name, const Words& more) const {
    const auto user = vhost.name() + "-" + name;
    server().ctl({"add_user", user, "secret"});
    Words words{"--database", url(name + ".db"), "--broker", vhost.url(), "topology", "permissions", "--user", user};
    words.insert(words.end(), more.begin(), more.end());
    const auto ran = holdfast(words);
    ASSERT_EQ(ran.code, 0) << ran.err;
    const auto command = words_of(ran.out);
    ASSERT_EQ(command.size(), 8u) << ran.out;
    server().ctl({command.begin() + 1, command.end()});
  }
  std::string url_of(const std::string& name) const {
    auto out = vhost.url();
    const auto at = out.find("holdfast:");
    return out.replace(at, std::strlen("holdfast"), vhost.name() + "-" + name);
  }
  static Words words_of(const std::string& line) {  // as a shell would
    std::istringstream in(line);
    Words out;
    for (std::string word; in >> word;) {
      std::erase(word, '\'');
      out.push_back(word);
    }
    return out;
  }
  void expect_the_shop_to_work(const Words& more) const {
    auto order = start("order", url_of("order"), more), inventory = start("inventory", url_of("inventory"), more),
         payment = start("payment", url_of("payment"), more);
    EXPECT_EQ(inventory.http.put("/stock/101", R"({"onHand":10})").status, 200);
    Client foreign(vhost.url());
    for (const auto* amount : {"10.00", "10.07"})  // the gateway fails twice on the second
      EXPECT_EQ(order.http.post("/orders", one_order(amount)).status, 201);
    EXPECT_TRUE(eventually([&] { return foreign.ready("payment.order-created.retry.5s.q") == 1; }))
        << "it waits at the broker to be tried again";
    for (const auto* target : {"/orders/1", "/orders/2"})
      EXPECT_TRUE(eventually([&] { return member(order.http, target, "status") == "\"confirmed\""; })) << target;
    foreign.publish("inventory.order-created.q", {}, "poison");
    EXPECT_TRUE(eventually([&] { return foreign.ready("inventory.order-created.dlq") == 1; }));
    const auto list = holdfast({"--database", url("inventory.db"), "--broker", url_of("inventory"), "dlq", "list"});
    EXPECT_EQ(list.code, 1) << list.err;
    EXPECT_EQ(foreign.ready("inventory.order-created.dlq"), 0) << "the program's own user may empty it";
    for (Service* service : {&order, &inventory, &payment}) EXPECT_EQ(service->stop(), 0);
  }

  static constexpr std::array parts{"order", "inventory", "payment"};
  const Vhost vhost;
};

const Words shop_queue{"--queue",  "shop.q",         "--events",   "order.created.*",
                       "--events", "order.closed.*", "--ordering", "none"};

TEST_F(TopologyCommand, MakesComparesAndShowsAQueueThatNoProgramHasUsed) {
  const auto before = topology({"verify"}, shop_queue);
  EXPECT_EQ(before.code, 1);
  for (const auto* missing : {"missing: exchange orders.exchange, topic", "missing: exchange shop.dlx, fanout",
                              "missing: queue shop.q, ", "missing: queue shop.dlq", "missing: queue shop.retry.5s.q"})
    EXPECT_TRUE(has(before.out, missing)) << missing << "\n" << before.out;
  EXPECT_TRUE(has(before.err, "rabbitmqctl list_bindings")) << before.err;
  EXPECT_EQ(topology({"verify"}, shop_queue).out, before.out) << "nothing was made by looking";

  EXPECT_EQ(topology({"apply"}, shop_queue).code, 0);
  const auto after = topology({"verify"}, shop_queue);
  EXPECT_EQ(after.code, 0) << after.out;
  EXPECT_EQ(after.out, "");
  const auto shown = topology({"show"}, shop_queue);
  for (const auto* line :
       {"binding orders.exchange -> shop.q, order.closed.*\n", "x-message-ttl=600000\n",
        "queue shop.q, durable, x-queue-type=quorum, x-delivery-limit=1000, x-dead-letter-exchange=shop.dlx"})
    EXPECT_TRUE(has(shown.out, line)) << line << "\n" << shown.out;
  EXPECT_TRUE(has(server().ctl({"list_bindings", "-p", vhost.name()}), "order.closed.*"));
}

TEST_F(TopologyCommand, NamesWhatDiffersAndLeavesIt) {
  EXPECT_EQ(topology({"apply"}, shop_queue).code, 0);
  Client foreign(vhost.url());
  foreign.remove_queue("shop.q"), foreign.remove_queue("shop.retry.1s.q");
  transport::rabbitmq::Table classic;
  foreign.declare("shop.q", classic);
  const auto found = topology({"verify"}, shop_queue);
  EXPECT_EQ(found.code, 1);
  EXPECT_TRUE(has(found.out, "shop.q: on the broker it is another one")) << found.out;
  EXPECT_TRUE(has(found.out, "x-queue-type") || has(found.out, "x-dead-letter-exchange")) << found.out;
  EXPECT_TRUE(has(found.out, "missing: queue shop.retry.1s.q")) << found.out;
  EXPECT_FALSE(has(found.out, "orders.exchange")) << found.out;
  foreign.remove_exchange("orders.exchange");
  transport::rabbitmq::Table astray;
  foreign.declare_exchange("orders.exchange", "topic", astray.text("alternate-exchange", "astray"));
  const auto exchange = topology({"verify"}, shop_queue);
  EXPECT_EQ(exchange.code, 1);
  EXPECT_TRUE(has(exchange.out, "orders.exchange: on the broker it is another one")) << exchange.out;
  EXPECT_TRUE(has(exchange.out, "alternate-exchange")) << exchange.out;
  const auto applied = topology({"apply"}, shop_queue);
  EXPECT_EQ(applied.code, 3) << applied.out;
  EXPECT_TRUE(has(applied.err, "it stays as it is")) << applied.err;
}

TEST_F(TopologyCommand, KnowsWhatTheConsumersOfADatabaseAskedFor) {
  start_and_stop_all();
  Words all{"--broker", vhost.url()};
  for (const auto* name : parts) all.insert(all.end(), {"--database", url(std::string(name) + ".db")});
  all.insert(all.end(), {"--json", "topology", "verify"});
  const auto same = holdfast(all);
  EXPECT_EQ(same.code, 0) << same.out << same.err;
  for (const auto* queue : {"order.outcomes.q", "inventory.order-created.q", "payment.order-created.q"})
    EXPECT_TRUE(has(same.out, std::string(R"({"queue":")") + queue + R"(","lines":[]})")) << same.out;
  Client(vhost.url()).remove_queue("payment.order-created.retry.5s.q");
  EXPECT_EQ(holdfast(all).code, 1);
}

TEST_F(TopologyCommand, WhereTheDatabaseKeepsWhatIsTriedAgainThereAreNoWaitQueues) {
  const Words look{"--database", url("order.db"), "--broker", vhost.url(), "topology"};
  const auto with = [&](const Words& more) {
    Words words = look;
    words.insert(words.end(), more.begin(), more.end());
    return holdfast(words);
  };
  auto order = start("order", vhost.url(), {"--consumer-ordering", "none"});
  EXPECT_TRUE(eventually([&] { return with({"show"}).code == 0; }));
  EXPECT_EQ(order.stop(), 0);
  const auto found = with({"verify"});
  EXPECT_EQ(found.code, 0) << found.out;
  EXPECT_FALSE(has(with({"show"}).out, ".retry.")) << with({"show"}).out;
  const auto flags = with({"show", "--retry-delays", "1s"});
  EXPECT_EQ(flags.code, 2);
  EXPECT_TRUE(has(flags.err, "--queue")) << flags.err;
}

TEST_F(TopologyCommand, AQueueThatIsMadeAnewIsToldWithWhatBringsItsEventsBack) {
  start_and_stop_all();
  Client(vhost.url()).remove_queue("inventory.order-created.q");
  const Words apply{"--database", url("inventory.db"), "--broker", vhost.url(), "topology", "apply"};
  const auto anew = holdfast(apply);
  EXPECT_EQ(anew.code, 1) << anew.err;
  for (const auto* words : {"inventory.order-created.q: a queue was gone and is there again, empty",
                            "holdfast outbox republish --to inventory.order-created.q --type 'order.created.*'\n"})
    EXPECT_TRUE(has(anew.err, words)) << anew.err;
  EXPECT_TRUE(has(anew.out, "queue inventory.order-created.q")) << anew.out;
  const auto again = holdfast(apply);
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.err, "") << "told once";
}

TEST_F(TopologyCommand, WhatWasMissedIsToldThoughNotAllCanBeMade) {
  start_and_stop_all();
  Client foreign(vhost.url());
  for (const auto* queue : {"payment.order-created.q", "payment.order-created.retry.5s.q"}) foreign.remove_queue(queue);
  transport::rabbitmq::Table classic;
  foreign.declare("payment.order-created.retry.5s.q", classic);
  const auto half = holdfast({"--database", url("payment.db"), "--broker", vhost.url(), "topology", "apply"});
  EXPECT_EQ(half.code, 3) << half.err;
  EXPECT_TRUE(has(half.err, "holdfast outbox republish --to payment.order-created.q")) << half.err;
}

TEST_F(TopologyCommand, TheRightsThatItPrintsAreEnough) {
  start_and_stop_all();
  for (const auto* name : parts) give_rights(name, {});
  expect_the_shop_to_work({});
}

TEST_F(TopologyCommand, WhereTheQueuesAreAnOperatorsFewerRightsAreEnough) {
  start_and_stop_all();
  const auto config = write("verify.toml", "[broker]\ntopology = \"verify\"\n");
  for (const auto* name : parts) give_rights(name, {"--config", config});
  EXPECT_THROW(Client(url_of("order")).declare("mine", {}), Unavailable);
  expect_the_shop_to_work({"--broker-topology", "verify"});
}

}  // namespace
}  // namespace holdfast::rabbit_test
