// holdfast up --rabbitmq: the same line, the same programs, on servers; and a program in another language.
#include <signal.h>

#include "holdfast/contract.hpp"
#include "integration/cli/usual_ports.hpp"
#include "integration/service/programs.hpp"

namespace holdfast::program_test {
namespace {

using Json = detail::JsonValue;
namespace fs = std::filesystem;

constexpr std::array services{"order", "inventory", "payment"};
constexpr std::array everybody{"order", "inventory", "payment", "broker", "postgres"};

struct UpOnServers : Programs {
  UpOnServers() { fs::permissions(folder, fs::perms(0755)); }  // the servers run as another user
  demo::Process start_up() const {
    return demo::Process(
        {HOLDFAST_BIN_DIR "/holdfast", {"up", "--rabbitmq", "--state", state.string()}, {}, file("up.log")});
  }
  Json first_line(demo::Process& up) const try {
    return Json::parse(up.read_line(180s));
  } catch (const Unavailable& failed) { throw Unavailable(failed.what() + contents(file("up.log"))); }
  Json line_in_file() const { return Json::parse(contents((state / "up.json").string())); }
  Ran python(const std::string& program) const {
    demo::Process process({"/usr/bin/python3",
                           {std::string(HOLDFAST_SOURCE_DIR "/examples/") + program, (state / "up.json").string()},
                           {},
                           file("python.log")});
    auto out = rest_of(process);
    return {process.wait(), std::move(out), contents(file("python.log"))};
  }
  void kill_and_see_it_back(const char* name) const {
    const auto before = line_in_file();
    const auto pid = before.at("pids").at(name).integer();
    kill(static_cast<pid_t>(pid), SIGKILL);
    EXPECT_TRUE(eventually([&] { return line_in_file().at("pids").at(name).integer() != pid; })) << name;
    const auto now = line_in_file();
    EXPECT_TRUE(alive(now.at("pids").at(name).integer())) << name;
    for (const auto* same : {"order", "inventory", "payment", "broker"})
      EXPECT_EQ(now.at(same).string(), before.at(same).string());
    EXPECT_EQ(now.at("databases").raw(), before.at("databases").raw());
  }

  const UsualPorts usual_ports;
  const fs::path state = folder / "state";
};

TEST_F(UpOnServers, SaysWhereAllIsRestartsWhatDiesAndLeavesNoProcess) {
  auto up = start_up();
  const auto said = first_line(up);
  EXPECT_TRUE(said.at("broker").string().starts_with("amqp://holdfast:secret@127.0.0.1:")) << said.raw();
  EXPECT_EQ(said.at("exchange").string(), "orders.exchange");
  for (const auto* name : services)
    EXPECT_TRUE(said.at("databases").at(name).string().starts_with("postgres://")) << said.raw();
  for (const auto* name : everybody) EXPECT_TRUE(alive(said.at("pids").at(name).integer())) << name;
  EXPECT_EQ(std::string(said.raw()) + "\n", contents((state / "up.json").string()));

  for (const auto* name : {"broker", "postgres", "inventory"}) kill_and_see_it_back(name);
  http::Client order(said.at("order").string()), inventory(said.at("inventory").string());
  std::string placed;
  EXPECT_TRUE(eventually([&] {
    const auto answer = order.post("/orders", one_order());
    placed = answer.body;
    return answer.status == 201;
  }));
  const auto number = std::to_string(Json::parse(placed).at("id").integer());
  EXPECT_TRUE(eventually([&] { return member(order, "/orders/" + number, "status") == "\"confirmed\""; }));

  const auto last = line_in_file().at("pids");
  up.signal(SIGTERM);
  EXPECT_EQ(rest_of(up), "") << "one line, whatever happened";
  EXPECT_EQ(up.wait(), 0);
  for (const auto* name : everybody) EXPECT_FALSE(alive(last.at(name).integer())) << name;

  auto again = start_up();  // what was there is there, and goes on
  http::Client same_order(first_line(again).at("order").string());
  EXPECT_EQ(member(same_order, "/orders/" + number, "status"), "\"confirmed\"");
  http::Client shelves(line_in_file().at("inventory").string());
  EXPECT_EQ(on_hand(shelves, 101), 999) << "its shelves are not filled again";
  const auto pids = line_in_file().at("pids");
  again.signal(SIGKILL);
  again.wait();
  for (const auto* name : everybody) EXPECT_TRUE(eventually([&] { return !alive(pids.at(name).integer()); })) << name;
}

TEST_F(UpOnServers, ProgramsInOtherLanguagesNeedNothingButTheWireAndSql) {
  auto up = start_up();
  const auto said = first_line(up);
  const auto foreign = python("7_foreign_amqp.py");
  EXPECT_EQ(foreign.code, 0) << foreign.out << foreign.err;
  EXPECT_TRUE(has(foreign.out, "poison stops nobody: yes")) << foreign.out;

  http::Client inventory(said.at("inventory").string());
  EXPECT_EQ(inventory.put("/stock/7800", R"({"onHand":10})").status, 200);
  demo::Process psql({"/usr/bin/psql",
                      {said.at("databases").at("order").string(), "-qAtX", "-v", "ON_ERROR_STOP=1", "-c",
                       R"(SELECT holdfast.publish('order.created.v1', '780001', '{"orderId": 780001, "customerId": 77,)"
                       R"( "totalAmount": 10.00, "currency": "INR", "items": [{"productId": 7800, "qty": 2}]}'))"},
                      {},
                      file("psql.log")});
  EXPECT_EQ(psql.wait(), 0) << contents(file("psql.log"));
  EXPECT_TRUE(eventually([&] { return on_hand(inventory, 7800) == 8; }));
  http::Client payment(said.at("payment").string());
  EXPECT_TRUE(eventually([&] { return member(payment, "/payments/780001", "status") == "\"charged\""; }));

  const auto list = holdfast({"--database", said.at("databases").at("inventory").string(), "--broker",
                              said.at("broker").string(), "--json", "dlq", "list"});
  EXPECT_EQ(list.code, 1) << list.err;
  EXPECT_EQ(Json::parse(list.out).elements().size(), 8u) << list.out;
  const auto shopper = python("6_shopper.py");
  EXPECT_EQ(shopper.code, 0) << shopper.out << shopper.err;
}

TEST_F(UpOnServers, AFolderThatTheServersCannotReachIsNamed) {
  if (geteuid() != 0) GTEST_SKIP() << "only root starts servers as another user";
  fs::permissions(folder, fs::perms(0700));
  const auto ran = holdfast({"up", "--rabbitmq", "--state", state.string()});
  EXPECT_EQ(ran.code, 3) << ran.out;
  EXPECT_TRUE(has(ran.err, "its user cannot get to " + state.string())) << ran.err;
  EXPECT_TRUE(has(ran.err, "chmod o+x")) << ran.err;
}

}  // namespace
}  // namespace holdfast::program_test
