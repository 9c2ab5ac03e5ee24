// holdfast demo --kafka and up --kafka: the account holds and would see what is missing; a program that knows nothing of Holdfast takes
// part.
#include <signal.h>

#include "demo/servers/postgres.hpp"
#include "holdfast/contract.hpp"
#include "integration/cli/usual_ports.hpp"
#include "integration/service/programs.hpp"

namespace holdfast::program_test {
namespace {

using Json = detail::JsonValue;
namespace fs = std::filesystem;

struct OnKafka : Programs {
  OnKafka() { fs::permissions(folder, fs::perms(0755)); }  // PostgreSQL runs as another user
  const fs::path state = folder / "state";
};

struct DemoOnKafka : OnKafka {};

TEST_F(DemoOnKafka, LosesNothingAndTheCheckWouldSeeIt) {
  const auto ran =
      holdfast({"demo", "--kafka", "--orders", "300", "--seed", "7", "--json", "--keep", "--state", state.string()});
  ASSERT_EQ(ran.code, 0) << ran.out << ran.err;
  const auto result = Json::parse(ran.out);
  EXPECT_TRUE(result.at("nothingLost").boolean()) << ran.out;
  EXPECT_EQ(result.at("placed").integer(), 320) << "and the twenty whose card is declined";
  EXPECT_EQ(result.at("open").integer(), 0);
  for (const auto* consumer : {"inventory", "payment"})
    EXPECT_GE(result.at("duplicatesAbsorbed").at(consumer).integer(), result.at("deliveredTwice").integer()) << ran.out;
  EXPECT_EQ(result.at("poisonDead").integer(), 6);
  EXPECT_EQ(result.at("othersDead").integer(), 0);
  EXPECT_GE(result.at("busAway").real(), 5.0) << "as it was measured";
  EXPECT_EQ(result.at("moneyKept").raw(), result.at("moneyOwed").raw());
  for (const auto& consumer : result.at("consumers").elements())
    EXPECT_EQ(consumer.at("published").integer(), consumer.at("handled").integer() + consumer.at("dead").integer())
        << consumer.raw();
  {
    servers::Postgres server({.folder = state / "postgres"});
    server.sql("inventory", "UPDATE stock SET on_hand = on_hand - 1 WHERE product_id = 205");
  }
  const auto found = holdfast({"--json", "demo", "--check", state.string()});
  EXPECT_EQ(found.code, 1);
  EXPECT_TRUE(has(found.out, "product 205: ")) << found.out;
}

struct UpOnKafka : OnKafka {
  demo::Process start_up() const {
    return demo::Process(
        {HOLDFAST_BIN_DIR "/holdfast", {"up", "--kafka", "--state", state.string()}, {}, file("up.log")});
  }
  Json first_line(demo::Process& up) const try {
    return Json::parse(up.read_line(180s));
  } catch (const Unavailable& failed) { throw Unavailable(failed.what() + contents(file("up.log"))); }
  std::string kcat(const std::string& said_broker, const std::string& words, const std::string& in = "") const {
    const auto servers = said_broker.substr(std::strlen("kafka://"));
    const auto input = write("in", in), command = "kcat -q -b " + servers + " " + words;
    demo::Process shell({"/bin/sh", {"-c", command + " < " + input}, {}, file("kcat.log")});
    auto out = rest_of(shell);
    EXPECT_EQ(shell.wait(), 0) << command << contents(file("kcat.log"));
    return out;
  }
  const UsualPorts usual_ports;
};

/// kcat publishes the envelope three times, and poison; it reads what the services publish, and the dead letters.
TEST_F(UpOnKafka, AForeignClientTakesPartAndWhatDiesIsBack) {
  auto up = start_up();
  const auto said = first_line(up);
  const auto broker = said.at("broker").string();
  EXPECT_TRUE(broker.starts_with("kafka://127.0.0.1:")) << said.raw();
  http::Client inventory(said.at("inventory").string());
  EXPECT_EQ(inventory.put("/stock/7800", R"({"onHand":10})").status, 200);
  const auto event = envelope_of(EventId::generate(), "order.created.v1",
                                 R"({"orderId":780001,"customerId":77,"totalAmount":10.00,"currency":"INR",)"
                                 R"("items":[{"productId":7800,"qty":2}]})");
  ASSERT_EQ(event.find_first_of("\n;"), std::string::npos);
  kcat(broker, "-t order.created.v1 -P -K ';'",
       "780001;" + event + "\n780001;no JSON\n780001;" + event + "\n780001;" + event);
  const auto ours = kcat(broker, "-t stock.reserved.v1 -C -o beginning -c 1 -f '%k %h %s\\n'");
  EXPECT_TRUE(ours.starts_with("780001 holdfast-id=")) << ours;
  EXPECT_TRUE(has(ours, R"("orderId":780001)")) << ours;
  EXPECT_EQ(on_hand(inventory, 7800), 8) << "once";
  const auto dead = kcat(broker, "-t inventory.order-created.dlt -C -o beginning -c 1 -f '%h %s\\n'");
  EXPECT_TRUE(has(dead, "holdfast-reason=invalid")) << dead;
  EXPECT_TRUE(has(dead, "no JSON")) << dead;

  const auto line_in_file = [&] { return Json::parse(contents((state / "up.json").string())); };
  for (const auto* name : {"broker", "inventory"}) {
    const auto pid = line_in_file().at("pids").at(name).integer();
    kill(static_cast<pid_t>(pid), SIGKILL);
    EXPECT_TRUE(eventually([&] { return line_in_file().at("pids").at(name).integer() != pid; })) << name;
  }
  http::Client order(said.at("order").string());
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
  for (const auto* name : {"order", "inventory", "payment", "broker", "postgres"})
    EXPECT_NE(::kill(static_cast<pid_t>(last.at(name).integer()), 0), 0) << name;
}

}  // namespace
}  // namespace holdfast::program_test
