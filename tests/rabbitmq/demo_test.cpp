// holdfast demo --rabbitmq: the account holds, is taken from PostgreSQL, and would see what is missing there.
#include "demo/servers/postgres.hpp"
#include "holdfast/contract.hpp"
#include "integration/service/programs.hpp"

namespace holdfast::program_test {
namespace {

using Json = detail::JsonValue;
namespace fs = std::filesystem;

struct DemoOnServers : Programs {
  DemoOnServers() { fs::permissions(folder, fs::perms(0755)); }  // the servers run as another user
  Ran check() const { return holdfast({"--json", "demo", "--check", state.string()}); }
  void sql(const std::string& database, const std::string& text) const {
    servers::Postgres server({.folder = state / "postgres"});
    server.sql(database, text);
  }
  const fs::path state = folder / "state";
};

TEST_F(DemoOnServers, LosesNothingAndTheCheckWouldSeeIt) {
  const auto ran =
      holdfast({"demo", "--rabbitmq", "--orders", "150", "--seed", "7", "--json", "--keep", "--state", state.string()});
  ASSERT_EQ(ran.code, 0) << ran.out << ran.err;
  const auto result = Json::parse(ran.out);
  EXPECT_TRUE(result.at("nothingLost").boolean()) << ran.out;
  EXPECT_EQ(result.at("placed").integer(), 170) << "and the twenty whose cancellation came first";
  EXPECT_EQ(result.at("open").integer(), 0);
  EXPECT_GT(result.at("deliveredTwice").integer(), 0);
  for (const auto* consumer : {"inventory", "payment"})
    EXPECT_GE(result.at("duplicatesAbsorbed").at(consumer).integer(), result.at("deliveredTwice").integer()) << ran.out;
  EXPECT_EQ(result.at("poisonDead").integer(), 6);
  EXPECT_EQ(result.at("othersDead").integer(), 0);
  EXPECT_GE(result.at("busAway").real(), 5.0) << "as it was measured";
  EXPECT_GT(result.at("returned").integer(), 0) << "the binding was missed";
  EXPECT_GT(result.at("redelivered").integer(), 0) << "inventory was caught in the middle of work";
  EXPECT_GT(result.at("gatewayRetries").integer(), 0);
  EXPECT_EQ(result.at("tombstones").integer(), 20);
  EXPECT_EQ(result.at("moneyKept").raw(), result.at("moneyOwed").raw());
  for (const auto& consumer : result.at("consumers").elements()) {
    EXPECT_EQ(consumer.at("lost").integer(), 0) << consumer.raw();
    EXPECT_EQ(consumer.at("published").integer(), consumer.at("handled").integer() + consumer.at("dead").integer())
        << consumer.raw();
  }
  const auto checked = check();
  EXPECT_EQ(checked.code, 0) << "again, from the databases alone" << checked.out << checked.err;

  sql("inventory", "UPDATE stock SET on_hand = on_hand - 1 WHERE product_id = 205");
  sql("payment",
      "DELETE FROM holdfast.inbox WHERE event_id = (SELECT event_id FROM holdfast.inbox WHERE state = 'handled' LIMIT "
      "1)");
  const auto found = check();
  EXPECT_EQ(found.code, 1);
  EXPECT_TRUE(has(found.out, "product 205: ")) << found.out;
  EXPECT_EQ(Json::parse(found.out).at("consumers").elements().at(1).at("lost").integer(), 1) << found.out;
}

TEST_F(DemoOnServers, RemovesWhatItMadeAndLeavesNoFolder) {
  const auto ran = holdfast({"demo", "--rabbitmq", "--orders", "4"}, {{"TMPDIR", folder.string()}});
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  for (const auto& left : fs::directory_iterator(folder)) EXPECT_FALSE(left.is_directory()) << left.path();
}

}  // namespace
}  // namespace holdfast::program_test
