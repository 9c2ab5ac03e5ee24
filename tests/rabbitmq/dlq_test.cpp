// Dead letters between a PostgreSQL inbox and a DLQ of RabbitMQ: whichever way one comes, goes, is taken in or is brought back, it is
// there once and takes effect once.
#include <csignal>

#include "ports/store_base.hpp"
#include "rabbitmq/dlq.hpp"

namespace holdfast::rabbit_test {
namespace {

struct G1_DlqOnServers : DlqOnServers {};

TEST_F(G1_DlqOnServers, ADeadLetterIsInTheDatabaseAtOnceAndItsCopyAtTheBroker) {
  out_of_order = true;
  const auto id = publish();
  ASSERT_TRUE(shop->ears.dead("shop", 1));
  const auto rows = list();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].at("id").string(), id.to_string());
  EXPECT_EQ(rows[0].at("reason").string(), "rejected");
  {
    const auto broker = RabbitTest::open(vhost.options());
    const auto receiver = broker->dead_letters(queue, "test");
    receiver->credit(10);
    const auto letters = RabbitTest::take(*receiver, 1);
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_EQ(letters[0].message_id, id.to_string());
    EXPECT_EQ(letters[0].copy, 1);
    const auto header = [&](const char* name) { return letters[0].headers.at(name); };
    EXPECT_EQ(header(ports::header_reason), "rejected");
    EXPECT_EQ(header(ports::header_error), "the till is broken");
    EXPECT_EQ(header(ports::header_attempt), "1");
    EXPECT_EQ(header(ports::header_origin), queue);
  }
  server().settle_new_queues();
  server().stop(SIGKILL);
  const auto away = command({"list"});
  EXPECT_EQ(away.code, 1);
  EXPECT_EQ(Json::parse(away.out).elements().size(), 1u) << away.out;
  EXPECT_TRUE(has(away.err, "the broker's DLQ was not looked at: ")) << away.err;
  EXPECT_EQ(command({"import"}).code, 3);
  server().start();
  const auto ran = command({"import"});
  EXPECT_EQ(ran.out, imported(0, 1)) << ran.err;
  EXPECT_EQ(Client(vhost.url()).ready(dlq), 0);
  EXPECT_EQ(list().size(), 1u) << "the copy was a copy";
}

TEST_F(G1_DlqOnServers, WhatTheBrokerItselfDeadLetteredIsTakenInAndCanBeReplayed) {
  shop.reset();
  const auto rejected = foreign(queue);
  client.reject(client.take(queue).value(), false);
  ASSERT_TRUE(eventually([&] { return client.ready(dlq) == 1; }));
  const auto given_back = foreign(queue);  // by another program, again and again
  while (const auto taken = client.take(queue)) client.reject(*taken, true);
  ASSERT_TRUE(eventually([&] { return client.ready(dlq) == 2; })) << "beyond the delivery limit";

  EXPECT_EQ(list().size(), 0u);
  EXPECT_EQ(command({"import"}).out, imported(2, 0));
  EXPECT_EQ(client.ready(dlq), 0);
  const auto rows = list();
  ASSERT_EQ(rows.size(), 2u);
  for (const auto& row : rows) EXPECT_EQ(row.at("reason").string(), "broker");
  EXPECT_EQ(command({"replay", "--yes"}).code, 0);
  start();
  EXPECT_TRUE(handled(rejected) && handled(given_back));
  EXPECT_EQ(effects(), "2|2");
}

TEST_F(G1_DlqOnServers, ImportAlwaysEmptiesItByItself) {
  shop.reset();
  start(true);
  const auto stranger = foreign(dlq);
  out_of_order = true;
  const auto id = publish();
  EXPECT_TRUE(eventually([&] { return fate(stranger) == "dead" && fate(id) == "dead"; }));
  ASSERT_TRUE(shop->ears.marked(2)) << "the event and its copy";
  EXPECT_TRUE(eventually([&] { return client.ready(dlq) == 0; }));
  shop.reset();  // what is not acked is there again
  EXPECT_EQ(client.ready(dlq), 0);
  EXPECT_EQ(dead_rows(), "2");
  EXPECT_EQ(std::ranges::count(dead.all(), "broker: the broker dead-lettered it"), 1);
}

/// Rows of consumers stay when the consumer is gone for good.
TEST_F(G1_DlqOnServers, AConsumerThatIsGoneKeepsNobodyFromTheOthers) {
  shop->host.store().impl()->inbox("audit")->open_instance({.name = "audit", .queue = "audit.q"});
  foreign(dlq);
  const auto listed = command({"list"});
  EXPECT_EQ(Json::parse(listed.out).elements().size(), 1u) << listed.out;
  foreign(dlq);
  const auto ran = command({"import"});
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_EQ(ran.out, imported(1, 0));
  EXPECT_EQ(client.ready(dlq), 0);
  for (const auto& err : {listed.err, ran.err})
    EXPECT_EQ(err,
              "the broker's DLQ was not looked at: audit: audit.q has none: this consumer is gone, or this is another "
              "broker\n");
}

struct G3_DlqOnServers : DlqOnServers {
  static constexpr int many = 300;  // more than an importer takes at once
  std::vector<EventId> fill() {
    std::vector<EventId> ids;
    for (int i = 0; i < many; ++i) ids.push_back(foreign(dlq));
    return ids;
  }
  demo::Process importer(const std::string& log) const {
    return demo::Process({HOLDFAST_BIN_DIR "/holdfast", words({"import"}), {}, file(log)});
  }
};

TEST_F(G3_DlqOnServers, AReplayWhileTheServiceIsDownTakesEffectOnce) {
  const auto id = dead_letter();
  shop.reset();
  const auto ran = holdfast({"--database", database.url(), "dlq", "replay", id.to_string(), "--yes"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  start();
  expect_one_effect(id);
  EXPECT_EQ(command({"import"}).out, imported(0, 1)) << "its copy, which was still there";
  expect_one_effect(id);
}

TEST_F(G3_DlqOnServers, AShovelBackToTheQueueTakesEffectOnce) {
  const auto id = dead_letter();
  ASSERT_TRUE(client.move(dlq, queue));
  expect_one_effect(id);
  shop.reset();
  EXPECT_EQ(client.ready(queue), 0);
  EXPECT_EQ(client.ready(dlq), 0);
}

/// The shovel is late: its copy is one of an event that is settled.
TEST_F(G3_DlqOnServers, AShovelBehindAReplayIsADuplicate) {
  const auto id = dead_letter();
  EXPECT_EQ(holdfast({"--database", database.url(), "dlq", "replay", "--yes"}).code, 0);
  expect_one_effect(id);
  ASSERT_TRUE(client.move(dlq, queue));
  EXPECT_TRUE(shop->ears.until([](const Ears::Heard& heard) { return heard.settled("shop") >= 3; }));
  expect_one_effect(id);
}

/// None is done before the other has its share.
TEST_F(G3_DlqOnServers, TwoImportersAtOnceTakeEachInOnce) {
  constexpr int share = 100;
  fill();
  std::vector<demo::Process> both;
  {
    auto inbox = shop->host.store().begin();
    inbox.exec("LOCK TABLE holdfast.inbox IN SHARE MODE");
    for (const auto* log : {"first.log", "second.log"}) both.push_back(importer(log));
    ASSERT_TRUE(eventually([&] { return client.ready(dlq) == many - 2 * share; }));
  }
  std::int64_t taken_in = 0;
  for (auto& process : both) {
    const auto sum = Json::parse(process.read_line(std::chrono::seconds(60)));
    taken_in += sum.at("takenIn").integer();
    EXPECT_GE(sum.at("takenIn").integer(), share);
    EXPECT_EQ(sum.at("known").integer(), 0) << "it got what was in the other's hands";
    EXPECT_EQ(process.wait(), 0);
  }
  EXPECT_EQ(taken_in, many);
  EXPECT_EQ(client.ready(dlq), 0);
  EXPECT_EQ(dead_rows(), std::to_string(many));
}

/// None is done before the other has its share.
TEST_F(G3_DlqOnServers, ImportAlwaysAndAnImporterBesideItTakeEachInOnce) {
  constexpr int share = 100;
  shop.reset();
  start(true);
  std::optional inbox = shop->host.store().begin();
  inbox->exec("LOCK TABLE holdfast.inbox IN SHARE MODE");
  fill();
  auto process = importer("import.log");
  ASSERT_TRUE(eventually([&] { return client.ready(dlq) == many - 2 * share; }));
  inbox.reset();
  const auto sum = Json::parse(process.read_line(std::chrono::seconds(60)));
  EXPECT_GE(sum.at("takenIn").integer(), share);
  EXPECT_EQ(sum.at("known").integer(), 0) << "it got what was in the host's hands";
  EXPECT_EQ(process.wait(), 0);
  EXPECT_TRUE(eventually([&] { return dead_rows() == std::to_string(many); })) << dead_rows();
  EXPECT_TRUE(eventually([&] {
    return sum.at("takenIn").integer() + static_cast<std::int64_t>(dead.all().size()) == many;
  })) << dead.all().size();
  shop.reset();  // what is not acked is there again
  EXPECT_EQ(client.ready(dlq), 0);
}

/// It waits for a row that this test holds, with what it committed and did not acknowledge.
TEST_F(G3_DlqOnServers, AnImporterThatIsKilledBeforeItsAcksDoublesNothing) {
  std::int64_t known = 0;
  int all = 0;
  for (; known == 0 && all < 10 * many; all += many) {  // the acks may have been just on their way
    const auto ids = fill();
    std::optional rival = shop->host.store().begin();
    rival->exec(
        "INSERT INTO holdfast.inbox(consumer, event_id, state, body_hash, settled_at) "
        "VALUES ('shop', $1, 'handled', '', now())",
        ids[50]);
    auto process = importer("import.log");
    ASSERT_TRUE(eventually([&] { return dead_rows() == std::to_string(all + 50); })) << dead_rows();
    process.signal(SIGKILL);
    process.wait();
    rival.reset();
    const auto sum = Json::parse(command({"import"}).out);
    EXPECT_EQ(sum.at("takenIn").integer(), many - 50);
    known = sum.at("known").integer();
    EXPECT_LE(known, 50);
    EXPECT_EQ(client.ready(dlq), 0);
  }
  EXPECT_GT(known, 0) << "it acknowledges each before the next: this test tests nothing";
  EXPECT_EQ(dead_rows(), std::to_string(all));
  EXPECT_EQ(command({"replay", "--limit", "10000", "--yes"}).code, 0);
  const auto once = std::to_string(all) + "|" + std::to_string(all);
  EXPECT_TRUE(eventually([&] { return effects() == once; })) << effects();
}

}  // namespace
}  // namespace holdfast::rabbit_test
