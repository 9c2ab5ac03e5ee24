// holdfast demo and holdfast up: the whole system, for a try.
#include <signal.h>

#include <array>
#include <fstream>

#include "demo/system.hpp"
#include "holdfast/contract.hpp"
#include "integration/cli/usual_ports.hpp"
#include "integration/service/programs.hpp"

namespace holdfast::program_test {
namespace {

using Json = detail::JsonValue;
using demo::Part;

struct DemoCommand : Programs {
  const demo::Layout layout{folder / "state"};
  Ran check() const { return holdfast({"--json", "demo", "--check", layout.folder.string()}); }
  void sql(const std::string& url, const std::string& statement) const {
    open_store(url).transact([&](Transaction& tx) { EXPECT_EQ(tx.exec(statement), 1) << statement; });
  }
};

TEST_F(DemoCommand, LosesNothingAndTheCheckWouldSeeIt) {
  const auto ran =
      holdfast({"demo", "--orders", "120", "--seed", "7", "--json", "--keep", "--state", layout.folder.string()});
  ASSERT_EQ(ran.code, 0) << ran.out << ran.err;
  const auto result = Json::parse(ran.out);
  EXPECT_TRUE(result.at("nothingLost").boolean()) << ran.out;
  EXPECT_EQ(result.at("orders").integer(), 140) << "and the twenty whose cancellation came first: answers counted";
  EXPECT_EQ(result.at("placed").integer(), 140) << "rows";
  EXPECT_EQ(result.at("open").integer(), 0);
  EXPECT_EQ(result.at("confirmed").integer() + result.at("cancelled").integer(), 140);
  EXPECT_GT(result.at("deliveredTwice").integer(), 0);
  for (const auto* consumer : {"inventory", "payment"})
    EXPECT_GE(result.at("duplicatesAbsorbed").at(consumer).integer(), result.at("deliveredTwice").integer()) << ran.out;
  EXPECT_EQ(result.at("poisonDead").integer(), 6);
  EXPECT_EQ(result.at("othersDead").integer(), 0);
  EXPECT_GE(result.at("busAway").real(), 5.0) << "as it was measured";
  EXPECT_GT(result.at("redelivered").integer(), 0) << "inventory was caught in the middle of work";
  EXPECT_EQ(result.at("appliedTwice").integer(), 0);
  EXPECT_EQ(result.at("tombstones").integer(), 20);
  EXPECT_EQ(result.at("attemptsUsed").integer(), 0);
  EXPECT_EQ(result.at("moneyKept").raw(), result.at("moneyOwed").raw());
  for (const auto& consumer : result.at("consumers").elements()) {
    EXPECT_EQ(consumer.at("lost").integer(), 0) << consumer.raw();
    EXPECT_EQ(consumer.at("published").integer(), consumer.at("handled").integer() + consumer.at("dead").integer())
        << consumer.raw();
  }
  EXPECT_EQ(check().code, 0) << "again, from the databases alone";

  sql(layout.database(Part::inventory), "UPDATE stock SET on_hand = on_hand - 1 WHERE product_id = 205");
  auto found = check();
  EXPECT_EQ(found.code, 1);
  EXPECT_FALSE(Json::parse(found.out).at("nothingLost").boolean());
  EXPECT_TRUE(has(found.out, "product 205: ")) << found.out;
  EXPECT_TRUE(has(holdfast({"demo", "--check", layout.folder.string()}).out, "product 205: "));
  sql(layout.database(Part::inventory), "UPDATE stock SET on_hand = on_hand + 1 WHERE product_id = 205");
  EXPECT_EQ(check().code, 0);

  sql(layout.database(Part::payment),
      "DELETE FROM holdfast_inbox WHERE event_id = (SELECT event_id FROM holdfast_inbox WHERE consumer = 'payment' AND "
      "state = 'handled' LIMIT 1)");
  found = check();
  EXPECT_EQ(found.code, 1);
  EXPECT_EQ(Json::parse(found.out).at("consumers").elements().at(1).at("lost").integer(), 1) << found.out;

  sql("sqlite:" + layout.ledger(),
      "UPDATE ledger SET amount = '1.00' WHERE key = (SELECT key FROM ledger WHERE outcome = 'charged' AND refunded = "
      "0 LIMIT 1)");
  found = check();
  EXPECT_NE(Json::parse(found.out).at("moneyKept").raw(), Json::parse(found.out).at("moneyOwed").raw());
}

TEST_F(DemoCommand, AFolderThatNoDemoLeftIsNotChecked) {
  const auto ran = holdfast({"demo", "--check", file("none")});
  EXPECT_EQ(ran.code, 2);
  EXPECT_TRUE(has(ran.err, "this is no folder that `holdfast demo --keep` left")) << ran.err;
}

TEST_F(DemoCommand, AFolderWithAnythingInItIsLeftAlone) {
  const auto state = layout.folder.string();
  std::filesystem::create_directories(layout.folder / "sub");
  const auto precious = write("state/precious.txt", "mine"), log = write("state/order.log", "mine too");
  for (const Words& more : {Words{}, Words{"--keep"}}) {
    Words words{"demo", "--orders", "1", "--state", state};
    words.insert(words.end(), more.begin(), more.end());
    const auto ran = holdfast(words);
    EXPECT_EQ(ran.code, 2) << ran.err;
    EXPECT_TRUE(has(ran.err, state + " is not empty; a demo needs a new or an empty folder")) << ran.err;
    EXPECT_EQ(contents(precious) + contents(log), "minemine too");
  }
  write("state/demo.json", "{}");
  EXPECT_TRUE(has(holdfast({"demo", "--state", state}).err, "`holdfast demo --check " + state + "`"));
  EXPECT_TRUE(std::filesystem::exists(layout.folder / "demo.json"));
  const auto ran = holdfast({"demo", "--state", precious});
  EXPECT_EQ(ran.code, 2);
  EXPECT_TRUE(has(ran.err, precious + " is no folder")) << ran.err;
}

TEST_F(DemoCommand, RemovesWhatItMadeAndNothingElse) {
  const auto state = layout.folder.string();
  EXPECT_EQ(holdfast({"demo", "--orders", "1", "--state", state}).code, 0);
  EXPECT_FALSE(std::filesystem::exists(state)) << "it was made for the demo";
  std::filesystem::create_directories(state);
  EXPECT_EQ(holdfast({"demo", "--orders", "1", "--state", state}).code, 0);
  EXPECT_TRUE(std::filesystem::exists(state)) << "it was there before";
  EXPECT_TRUE(std::filesystem::is_empty(state));
}

TEST_F(DemoCommand, ANumberThatIsNoneIsNotRead) {
  for (const auto* flag : {"--orders", "--seed"})
    for (const auto* number : {"-1", "x", "1.5", "1e3", "0x10", "99999999999999999999999"}) {
      const auto ran = holdfast({"demo", "--state", layout.folder.string(), "--check", file("none"), flag, number});
      EXPECT_EQ(ran.code, 2) << number;
      EXPECT_TRUE(has(ran.err, flag)) << number << ran.err;
    }
}

struct UpCommand : DemoCommand {
  const UsualPorts usual_ports;
  Json line_in_file() const { return Json::parse(contents((layout.folder / "up.json").string())); }
};

TEST_F(UpCommand, SaysWhereAllIsRestartsWhatDiesAndLeavesNoProcess) {
  demo::Process up({HOLDFAST_BIN_DIR "/holdfast", {"up", "--state", layout.folder.string()}, {}, file("up.log")});
  const auto line = up.read_line(60s);
  const auto said = Json::parse(line);
  for (const auto* name : {"order", "inventory", "payment"}) {
    EXPECT_TRUE(said.at(name).string().starts_with("http://127.0.0.1:")) << line;
    EXPECT_TRUE(said.at("databases").at(name).string().starts_with("sqlite:")) << line;
    EXPECT_TRUE(alive(said.at("pids").at(name).integer())) << line;
    EXPECT_EQ(http::Client(said.at(name).string()).get("/health/ready").status, 200) << name;
  }
  EXPECT_EQ(said.at("broker").string(), layout.broker());
  EXPECT_EQ(said.at("exchange").string(), "orders.exchange");
  EXPECT_EQ(said.at("state").string(), layout.folder.string());
  EXPECT_EQ(contents((layout.folder / "up.json").string()), line + "\n");
  http::Client inventory(said.at("inventory").string());
  EXPECT_EQ(on_hand(inventory, 101), 1000);
  EXPECT_EQ(on_hand(inventory, 205), 1000);

  http::Client order(said.at("order").string());
  ASSERT_EQ(order.post("/orders", one_order()).status, 201);
  for (const auto* name : {"inventory", "order"}) {
    const auto before = line_in_file().at("pids").at(name).integer();
    kill(static_cast<pid_t>(before), SIGKILL);
    EXPECT_TRUE(eventually([&] { return line_in_file().at("pids").at(name).integer() != before; })) << name;
    const auto now = line_in_file();
    EXPECT_TRUE(alive(now.at("pids").at(name).integer()));
    EXPECT_EQ(now.at(name).string(), said.at(name).string()) << "on the port that it had";
    EXPECT_EQ(http::Client(now.at(name).string()).get("/health/ready").status, 200);
  }
  http::Client order_again(said.at("order").string());
  EXPECT_TRUE(eventually([&] { return member(order_again, "/orders/1", "status") == "\"confirmed\""; }));

  const auto last = line_in_file().at("pids");
  up.signal(SIGTERM);
  EXPECT_EQ(rest_of(up), "") << "one line, whatever happened";
  EXPECT_EQ(up.wait(), 0);
  for (const auto* name : {"order", "inventory", "payment"}) EXPECT_FALSE(alive(last.at(name).integer())) << name;
  EXPECT_FALSE(std::filesystem::exists(layout.folder / "up.json")) << "it would name programs that are gone";
}

TEST_F(UpCommand, AStrangerFindsOrdersStockAndMoneyInAgreementWhileProgramsAreKilled) {
  demo::Process up({HOLDFAST_BIN_DIR "/holdfast", {"up", "--state", layout.folder.string()}, {}, file("up.log")});
  up.read_line(60s);
  demo::Process shopper({"/usr/bin/python3",
                         {HOLDFAST_SOURCE_DIR "/examples/6_shopper.py", (layout.folder / "up.json").string()},
                         {},
                         file("shopper.log")});
  const std::array names{"order", "inventory", "payment"};
  std::size_t killed = 0;
  for (; shopper.running(); ++killed) {
    const auto* name = names[killed % names.size()];
    const auto before = line_in_file().at("pids").at(name).integer();
    kill(static_cast<pid_t>(before), SIGKILL);
    EXPECT_TRUE(eventually([&] { return line_in_file().at("pids").at(name).integer() != before; })) << name;
  }
  const auto said = rest_of(shopper);
  EXPECT_EQ(shopper.wait(), 0) << said << contents(file("shopper.log"));
  EXPECT_GE(killed, names.size()) << "or it was no test";
  EXPECT_TRUE(has(said, "200 orders: ")) << said;
  EXPECT_TRUE(has(said, " confirmed")) << said;
}

TEST_F(UpCommand, TheSecondInAFolderIsRefused) {
  demo::Process up({HOLDFAST_BIN_DIR "/holdfast", {"up", "--state", layout.folder.string()}, {}, file("up.log")});
  const auto line = up.read_line(60s);
  for (const Words& words : {Words{"up"}, Words{"demo", "--orders", "1"}}) {
    auto second = words;
    second.insert(second.end(), {"--state", layout.folder.string()});
    const auto ran = holdfast(second);
    EXPECT_EQ(ran.code, 3) << ran.out;
    EXPECT_TRUE(has(ran.err, layout.folder.string() + ": another `holdfast up`")) << ran.err;
  }
  EXPECT_EQ(contents((layout.folder / "up.json").string()), line + "\n") << "the first goes on";
  EXPECT_EQ(http::Client(Json::parse(line).at("order").string()).get("/health/ready").status, 200);
  up.signal(SIGKILL);
  up.wait();
  demo::Process next({HOLDFAST_BIN_DIR "/holdfast", {"up", "--state", layout.folder.string()}, {}, file("up.log")});
  EXPECT_NE(next.read_line(60s), "") << "a lock does not outlive its process";
}

TEST_F(UpCommand, WhoeverKillsItKillsItsServices) {
  demo::Process up({HOLDFAST_BIN_DIR "/holdfast", {"up", "--state", layout.folder.string()}, {}, file("up.log")});
  const auto pids = Json::parse(up.read_line(60s)).at("pids");
  up.signal(SIGKILL);
  EXPECT_EQ(up.wait(), 128 + SIGKILL);
  for (const auto* name : {"order", "inventory", "payment"})
    EXPECT_TRUE(eventually([&] { return !alive(pids.at(name).integer()); })) << name;
}

TEST_F(UpCommand, AStateThatIsThereGoesOn) {
  const auto round = [&](auto what) {
    demo::Process up({HOLDFAST_BIN_DIR "/holdfast", {"up", "--state", layout.folder.string()}, {}, file("up.log")});
    const auto said = Json::parse(up.read_line(60s));
    what(said);
    up.signal(SIGTERM);
    EXPECT_EQ(up.wait(), 0);
  };
  round([](const Json& said) {
    EXPECT_EQ(http::Client(said.at("inventory").string()).put("/stock/101", R"({"onHand":7})").status, 200);
  });
  round([](const Json& said) {
    http::Client inventory(said.at("inventory").string());
    EXPECT_EQ(on_hand(inventory, 101), 7) << "its shelves are not filled again";
  });
}

}  // namespace
}  // namespace holdfast::program_test
