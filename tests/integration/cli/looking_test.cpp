// Who only looks changes nothing and makes nothing; what cannot be shown as it is, is told as what it is.
#include <csignal>

#include "connect/connect.hpp"
#include "demo/process.hpp"
#include "holdfast/contract.hpp"
#include "integration/service/programs.hpp"
#include "ports/store_base.hpp"
#include "ports/transport_base.hpp"

namespace holdfast::program_test {
namespace {

namespace fs = std::filesystem;
using Json = detail::JsonValue;

struct Looking : Programs {
  void sql(const std::string& name, const std::string& statement) const {
    open_store(url(name)).transact([&](Transaction& tx) { EXPECT_EQ(tx.exec(statement), 1) << statement; });
  }
  EventId dead() const {
    return set_aside(url("inventory.db"), "inventory", {1, 77, Money::parse("10.00"), "INR", {{101, 1}}});
  }
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().filename() != "stderr") out[entry.path().filename()] = contents(entry.path().string());
    return out;
  }
  std::string random_bytes(std::size_t length) const {
    std::string bytes;
    for (std::uint32_t x = 12345; bytes.size() < length; x = x * 1664525 + 1013904223)
      bytes += static_cast<char>(x >> 24);
    return bytes;
  }
};

const Words looks[] = {{"status"},
                       {"outbox", "list"},
                       {"outbox", "show"},
                       {"dlq", "list"},
                       {"dlq", "show"},
                       {"deferred", "list"},
                       {"migrate", "--check"},
                       {"dlq", "replay", "--dry-run"},
                       {"outbox", "republish", "--dry-run"}};

TEST_F(Looking, LeavesADatabaseAtRestByteForByteAndMakesNoFile) {
  prepare("inventory");
  dead();
  auto rest = contents(file("inventory.db"));
  rest[18] = rest[19] = 1;  // no WAL: whoever opens it to write turns that back, and is seen by it
  write("inventory.db", rest);
  const auto before = files();
  for (const auto& look : looks) {
    const auto ran = on("inventory", look);
    EXPECT_LT(ran.code, 2) << look[0] << ran.err;
    EXPECT_EQ(files(), before) << look[0] << " " << look.back();
  }
}

TEST_F(Looking, IsToldWhereAServiceOpensADatabaseThatWasAtRest) {
  prepare("order");
  const auto looking = connect::open_store(url("order.db"), {.access = connect::Access::look});
  EXPECT_EQ(looking.impl()->admin()->status().pending, 0);
  const auto service = open_store(url("order.db"));
  service.impl()->admin();
  Store(service).transact([](Transaction& tx) { tx.exec("CREATE TABLE of_a_service(v)"); });
  EXPECT_THROW(looking.impl()->admin()->status(), Unavailable);
  EXPECT_EQ(looking.impl()->admin()->status().pending, 0) << "looked at again";
}

TEST_F(Looking, IsRefusedWhatWouldChangeAnything) {
  prepare("order");
  const auto store = connect::open_store(url("order.db"), {.access = connect::Access::look});
  EXPECT_EQ(store.impl()->admin()->status().pending, 0);
  EXPECT_THROW(Store(store).transact([](Transaction& tx) { tx.exec("DELETE FROM orders"); }), Unavailable);
}

TEST_F(Looking, SeesWhatARunningServiceDid) {
  auto order = start("order", {"--relay-mode", "elsewhere"});
  for (std::size_t n = 1; n <= 2; ++n) {
    ASSERT_EQ(order.http.post("/orders", one_order()).status, 201);
    EXPECT_EQ(Json::parse(on("order", {"--json", "outbox", "list"}).out).elements().size(), n);
  }
  EXPECT_EQ(order.stop(), 0);
}

TEST_F(Looking, MakesNoMistypedDatabaseOrBus) {
  prepare("inventory");
  const auto before = files();
  for (const auto& look : looks) {
    const auto ran = on("typo", look);
    EXPECT_EQ(ran.code, look[0] == "migrate" ? 1 : 3) << look[0] << ran.err;
    EXPECT_TRUE(has(ran.out + ran.err, "typo.db")) << ran.err;
  }
  EXPECT_EQ(on("inventory", {"--broker", url("typo-bus.db"), "dlq", "list"}).code, 3);
  EXPECT_EQ(files(), before);
}

TEST_F(Looking, BytesThatAreNoTextAreShownAsWhatTheyAre) {
  prepare("inventory");
  const auto id = dead();
  sql("inventory.db", "UPDATE holdfast_deferred SET body = x'fffe00', error = CAST(x'61ff62' AS TEXT)");
  const auto shown = on("inventory", {"--json", "dlq", "show", id.to_string()});
  const auto row = Json::parse(shown.out).elements().at(0);
  EXPECT_TRUE(row.at("body").is_null()) << shown.out;
  EXPECT_EQ(row.at("bodyBase64").string(), "//4A");
  EXPECT_EQ(row.at("error").string(),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_FALSE(row.at("headers").is_null()) << "all that is known";
  EXPECT_EQ(Json::parse(on("inventory", {"--json", "dlq", "list"}).out).elements().size(), 1u);
  EXPECT_TRUE(has(on("inventory", {"dlq", "show", id.to_string()}).out, std::string("\xff\xfe\0", 3)))
      << "for a file as it is";

  prepare("order");
  EXPECT_EQ(on("order", {"publish", "a.b.v1", "k", "{}"}).code, 0);
  sql("order.db", "UPDATE holdfast_outbox SET envelope = x'00ff', last_error = CAST(x'ff' AS TEXT)");
  const auto pending = on("order", {"--json", "outbox", "show"});
  const auto event = Json::parse(pending.out).elements().at(0);
  EXPECT_TRUE(event.at("envelope").is_null()) << pending.out;
  EXPECT_EQ(event.at("envelopeBase64").string(), "AP8=");
}

TEST_F(Looking, AStrangersKeyDoesNotWorkTheTerminal) {
  prepare("inventory");
  dead();
  sql("inventory.db", "UPDATE holdfast_deferred SET key = 'x' || char(27) || '[2J', type = 'a' || char(10) || 'b'");
  for (const auto* verb : {"list", "show"}) {
    const auto out = on("inventory", {"dlq", verb}).out;
    EXPECT_FALSE(has(out, "\x1b")) << verb;
    EXPECT_TRUE(has(out, "x\\x1b[2J") && has(out, "a\\x0ab")) << out;
  }
  prepare("order");
  const auto ran = on("order", {"publish", "a.b.v1", "k\x1b[2J", "{}"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_TRUE(has(ran.err, "key") && has(ran.err, "control characters")) << ran.err;
}

TEST_F(Looking, ATypeThatNoContractCouldHaveIsNotPublished) {
  prepare("order");
  for (const auto* odd :
       {"", "order", "order.created", "order.created.1", "order.created.v", "order.created.v0", ".created.v1",
        "order..v1", "order.created.v1.", "order.*.v1", "order.#", "order/created.v1", "order.cr\u00e9e.v1"}) {
    const auto ran = on("order", {"publish", odd, "k", "{}"});
    EXPECT_EQ(ran.code, 2) << odd;
    EXPECT_TRUE(has(ran.err, "write it as order.created.v1")) << odd << ran.err;
  }
  EXPECT_EQ(on("order", {"outbox", "list"}).out, "nothing is pending\n");
  EXPECT_EQ(on("order", {"publish", "order-2.line_added.v12", "k", "{}"}).code, 0);
}

TEST_F(Looking, SaysWhenTheBrokersDlqWasNotLookedAt) {
  prepare("inventory");
  EXPECT_TRUE(has(on("inventory", {"dlq", "list"}).err, "the broker's DLQ was not looked at: --broker names it"));
  EXPECT_EQ(on("inventory", {"--broker", url("bus.db"), "dlq", "list"}).err, "");
  EXPECT_EQ(on("inventory", {"deferred", "list"}).err, "") << "these are in the database alone";
}

TEST_F(Looking, AMistakenFlagLeavesTheBrokersDlqAsItIs) {
  declare_queues();
  prepare("inventory");
  const auto id = EventId::generate();
  send(url("bus.db"), id, "order.created.v1", "{}", "inventory.order-created.dlq");
  const auto depth = [&] {
    return open_transport(url("bus.db")).impl()->topology().depth("inventory.order-created.q").dead_letters;
  };
  ASSERT_EQ(depth(), 1);
  for (const Words& wrong : {Words{"--reason", "exhuasted"}, Words{"--consumer", "inventroy"}, Words{"--since", "x"},
                             Words{"--limit", "0"}, Words{"12045"}}) {
    Words words{"--broker", url("bus.db"), "dlq", "list"};
    words.insert(words.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(on("inventory", words).code, 2) << wrong[0];
    EXPECT_EQ(depth(), 1) << wrong[0];
  }
  for (const Words& wrong :
       {Words{"--rate", "fast"}, Words{"--canary", "x"}, Words{"--wait", "soon"}, Words{"--edited", file("none")}}) {
    Words words{"--broker", url("bus.db"), "dlq", "replay", "--yes"};
    words.insert(words.end(), wrong.begin(), wrong.end());
    const auto ran = on("inventory", words);
    EXPECT_EQ(ran.code, 2) << wrong[0] << ran.err;
    EXPECT_TRUE(has(ran.err, wrong[0])) << ran.err;
    EXPECT_EQ(depth(), 1) << wrong[0];
  }
  const auto ran = on("inventory", {"--broker", url("bus.db"), "dlq", "list"});
  EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
  EXPECT_EQ(depth(), 0);
}

TEST_F(Looking, AnActIsKeptWithItsNoteAndItsSelection) {
  prepare("inventory");
  const auto id = dead();
  ASSERT_EQ(on("inventory", {"dlq", "discard", id.to_string(), "--yes", "--note", "ticket 7"}).code, 0);
  open_store(url("inventory.db")).transact([&](Transaction& tx) {
    const auto [what, selection, note] =
        tx.query<std::string, std::string, std::string>("SELECT what, selection, note FROM holdfast_operator_actions")
            .one();
    EXPECT_EQ(what, "discard");
    EXPECT_EQ(selection, "id=" + id.to_string());
    EXPECT_EQ(note, "ticket 7");
  });
}

TEST_F(Looking, AFileOfRandomBytesIsNoBus) {
  prepare("order");
  const auto refused = [&](demo::Command command) {
    command.log = file("stderr");
    fs::remove(command.log);
    demo::Process process(command);
    EXPECT_EQ(rest_of(process, 20s), "") << "it is not ready, and does not wait for the bus to become one";
    EXPECT_EQ(process.wait(), 3);
    const auto said = contents(command.log);
    EXPECT_TRUE(has(said, "bus.db: this file is not a Holdfast bus and is left as it is")) << said;
  };
  for (const std::size_t length : {50u, 5000u}) {
    const auto bytes = random_bytes(length);
    write("bus.db", bytes);
    for (const Words& words : {Words{"relay"}, Words{"dlq", "list"}, Words{"dlq", "import"}}) {
      Words all{"--database", url("order.db"), "--broker", url("bus.db")};
      all.insert(all.end(), words.begin(), words.end());
      refused({HOLDFAST_BIN_DIR "/holdfast", all, {}, ""});
    }
    refused(command("order"));
    EXPECT_EQ(contents(file("bus.db")), bytes);
  }
}

TEST_F(Looking, TheRelaysLogGoesByItsSettings) {
  prepare("order");
  fs::create_directory(file("away"));  // so that there is something to say
  const auto logged = [&](const Variables& settings, const std::string& said) {
    const auto log = file("relay.log");
    fs::remove(log);
    demo::Process relay({HOLDFAST_BIN_DIR "/holdfast",
                         {"--database", url("order.db"), "--broker", url("away"), "relay"},
                         settings,
                         log});
    EXPECT_TRUE(has(relay.read_line(30s), "\"ready\":true"));
    EXPECT_TRUE(eventually([&] { return has(contents(log), said); })) << contents(log);
    relay.signal(SIGTERM);
    EXPECT_EQ(relay.wait(), 0);
    return contents(log);
  };
  const auto json = logged({{"HOLDFAST_LOG_FORMAT", "json"}}, "away");
  EXPECT_EQ(Json::parse(json.substr(0, json.find('\n'))).at("name").string(), "holdfast-relay") << json;
  const auto text = logged({{"HOLDFAST_LOG_FORMAT", "text"}}, "away");
  EXPECT_TRUE(has(text, "holdfast-relay") && text[0] != '{') << text;
  EXPECT_EQ(logged({{"HOLDFAST_LOG_LEVEL", "error"}}, ""), "") << "that it is away is a warning";
}

TEST_F(Looking, VersionAndHelpAreToldWhateverElseIsSaid) {
  const Variables wrong{{"HOLDFAST_HTTP_LITSEN", "x"}};
  EXPECT_EQ(run("holdfast", {"--version"}, wrong).out, "holdfast 0.1.0\n");
  EXPECT_EQ(run("holdfast", {"--json", "--version"}).out, "{\"version\":\"0.1.0\"}\n");
  EXPECT_EQ(run("holdfast", {"--json", "--version"}).code, 0);
  const auto of_verb = run("holdfast", {"help", "dlq", "replay"}, wrong);
  EXPECT_EQ(of_verb.code, 0);
  EXPECT_TRUE(has(of_verb.out, "Usage: holdfast dlq replay") && has(of_verb.out, "--canary")) << of_verb.out;
  for (const Words& ask : {Words{"--database", "nonsense", "status", "--help"}, Words{"publish", "--help"},
                           Words{"--config", "none.toml", "dlq", "list", "--help"}}) {
    const auto ran = run("holdfast", ask, wrong);
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(has(ran.out, "Usage: holdfast")) << ran.out;
  }
  const auto no_verb = run("holdfast", {"help", "dlq", "reply"});
  EXPECT_EQ(no_verb.code, 2);
  EXPECT_TRUE(has(no_verb.err, "reply: there is no such command; the nearest is 'replay'")) << no_verb.err;
}

}  // namespace
}  // namespace holdfast::program_test
