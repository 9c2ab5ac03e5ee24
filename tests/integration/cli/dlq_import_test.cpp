// holdfast dlq import on the bus in a file: what is in the broker's DLQ is taken in, nothing lost and nothing twice, whoever is killed.
#include "integration/cli/deferred_command.hpp"
#include "ports/store_base.hpp"
#include "ports/transport_base.hpp"

namespace holdfast::program_test {
namespace {

constexpr auto queue = "inventory.order-created.q", dlq = "inventory.order-created.dlq";

struct DlqImport : DeferredCommand {
  ports::Topology::Depth depth() const { return open_transport(url("bus.db")).impl()->topology().depth(dlq); }
  /// As a foreign program, or the broker itself, would leave it there.
  EventId dead_letter(std::int64_t order, std::int64_t qty, const char* in = dlq) const {
    const auto id = EventId::generate();
    send(url("bus.db"), id, "order.created.v1",
         envelope_of(id, "order.created.v1", Codec<shop::OrderCreated>::encode(created(order, qty))), in);
    return id;
  }
  std::vector<EventId> fill(int count) const {
    std::vector<EventId> ids;
    for (int i = 1; i <= count; ++i) ids.push_back(dead_letter(i, 1));
    return ids;
  }
  Ran import() const { return inventory({"--json", "--broker", url("bus.db"), "dlq", "import"}); }
  demo::Process importer(const std::string& log) const {
    return demo::Process({HOLDFAST_BIN_DIR "/holdfast",
                          {"--database", url("inventory.db"), "--broker", url("bus.db"), "--json", "dlq", "import"},
                          {{"HOLDFAST_DATABASE_ACQUIRE_TIMEOUT", "60s"}},  // the other one may be slow to come
                          file(log)});
  }
  static std::string imported(int taken_in, int known) {
    return "{\"takenIn\":" + std::to_string(taken_in) + ",\"known\":" + std::to_string(known) + "}\n";
  }
  std::int64_t dead_rows() const {
    return open_store(url("inventory.db")).transact([](Transaction& tx) {
      return tx.query<std::int64_t>("SELECT count(*) FROM holdfast_deferred WHERE state = 'dead'").one();
    });
  }
  /// Nobody else writes to it: importers have events in their hands then, and cannot commit, or cannot acknowledge.
  Transaction hold(const std::string& database) const { return open_store(url(database)).begin(); }
};
struct G1_DlqImport : DlqImport {};
struct G3_DlqImport : DlqImport {};

TEST_F(G1_DlqImport, TheBrokersDlqIsEmptiedAndWhatIsKnownIsDropped) {
  EventId rejected;
  {
    auto service = start("inventory");
    rejected = dead_letter(1, -1, queue);
    EXPECT_TRUE(eventually([&] { return depth().ready == 1; })) << "a copy for the broker's own tools";
    EXPECT_EQ(service.stop(), 0);
  }
  const auto stranger = dead_letter(1, 4);
  EXPECT_EQ(rows({"dlq", "list"}).size(), 1u) << "no broker is named: the database alone";
  const auto without = inventory({"dlq", "import"});
  EXPECT_EQ(without.code, 2);
  EXPECT_TRUE(has(without.err, "--broker")) << without.err;
  const auto ran = import();
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, imported(1, 1));
  EXPECT_EQ(depth().ready, 0);
  EXPECT_EQ(rows({"dlq", "list"}).size(), 2u);
  EXPECT_EQ(rows({"dlq", "show", rejected.to_string()}).at(0).at("reason").string(), "rejected");
  EXPECT_EQ(rows({"dlq", "show", stranger.to_string()}).at(0).at("reason").string(), "broker");
  EXPECT_EQ(inventory({"dlq", "replay", stranger.to_string(), "--yes"}).code, 0);
  EXPECT_EQ(taken_after({stranger}), 4);
}

TEST_F(DlqImport, ADlqThatCannotBeReadHidesNothing) {
  dead(1);
  std::filesystem::create_directory(file("away"));
  const auto ran = inventory({"--json", "--broker", url("away"), "dlq", "list"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(Json::parse(ran.out).elements().size(), 1u);
  EXPECT_TRUE(has(ran.err, "the broker's DLQ was not looked at: ")) << ran.err;
  EXPECT_EQ(inventory({"--broker", url("away"), "dlq", "import"}).code, 3);
}

TEST_F(DlqImport, AConsumerThatIsGoneKeepsNobodyFromTheOthers) {
  EXPECT_EQ(start("inventory").stop(), 0);
  open_store(url("inventory.db")).impl()->inbox("audit")->open_instance({.name = "audit", .queue = "audit.q"});
  dead_letter(1, 4);
  const auto ran = import();
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_EQ(ran.out, imported(1, 0));
  EXPECT_TRUE(has(ran.err, "audit: audit.q has none: this consumer is gone")) << ran.err;
}

TEST_F(DlqImport, AMistypedBusIsRefusedAndNotMade) {
  for (const auto* verb : {"list", "import"}) {
    const auto ran = inventory({"--broker", url("typo.db"), "dlq", verb});
    EXPECT_EQ(ran.code, 3) << verb;
    EXPECT_TRUE(has(ran.err, "typo.db: no such bus")) << ran.err;
  }
  EXPECT_FALSE(std::filesystem::exists(file("typo.db")));
}

/// The bus is locked once it has its events: what it commits then it cannot acknowledge.
TEST_F(G3_DlqImport, KilledBetweenCommitAndAckItLosesNothingAndDoublesNothing) {
  constexpr int many = 30;
  const auto ids = fill(many);
  std::optional database = hold("inventory.db");
  auto process = importer("import.log");
  {
    ASSERT_TRUE(eventually([&] { return depth().handed_out == many; })) << contents(file("import.log"));
    const auto bus = hold("bus.db");
    database.reset();
    ASSERT_TRUE(eventually([&] { return dead_rows() == many; })) << contents(file("import.log"));
    process.signal(SIGKILL);
    EXPECT_EQ(process.wait(), 128 + SIGKILL) << "it still waited for the bus";
  }
  EXPECT_EQ(depth().ready, many) << "committed, and not acknowledged";
  EXPECT_EQ(import().out, imported(0, many));
  EXPECT_EQ(depth().ready, 0);
  EXPECT_EQ(dead_rows(), many);
  EXPECT_EQ(inventory({"dlq", "replay", "--yes"}).code, 0);
  EXPECT_EQ(taken_after(ids), many);
}

/// None is done before the other has its share.
TEST_F(G3_DlqImport, TwoAtOnceTakeEachInOnce) {
  constexpr int many = 300, share = 100;
  fill(many);
  std::vector<demo::Process> both;
  {
    const auto database = hold("inventory.db");
    for (const auto* log : {"first.log", "second.log"}) both.push_back(importer(log));
    ASSERT_TRUE(eventually([&] { return depth().handed_out == 2 * share; }));
  }
  std::int64_t taken_in = 0, known = 0;
  for (auto& process : both) {
    const auto sum = Json::parse(process.read_line(60s));
    taken_in += sum.at("takenIn").integer(), known += sum.at("known").integer();
    EXPECT_GE(sum.at("takenIn").integer(), share);
    EXPECT_EQ(process.wait(), 0);
  }
  EXPECT_EQ(taken_in, many);
  EXPECT_EQ(known, 0) << "one of them got what was in the other's hands";
  EXPECT_EQ(depth().ready, 0);
  EXPECT_EQ(dead_rows(), many);
}

}  // namespace
}  // namespace holdfast::program_test
