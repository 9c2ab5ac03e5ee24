// The command's help, its mistakes and its exit codes.
#include "holdfast/contract.hpp"
#include "integration/service/programs.hpp"

namespace holdfast::program_test {
namespace {

using UsageTest = Programs;

const Words commands = {"demo",     "up",  "relay",   "migrate", "status", "outbox",
                        "deferred", "dlq", "publish", "version", "help"};

TEST_F(UsageTest, HelpListsTheCommandsAndTellsOfEach) {
  const auto all = holdfast({"help"});
  EXPECT_EQ(all.code, 0);
  for (const auto& command : commands) {
    EXPECT_TRUE(has(all.out, "  " + command)) << command;
    for (const Words& ask : {Words{"help", command}, Words{command, "--help"}}) {
      const auto one = holdfast(ask);
      EXPECT_EQ(one.code, 0) << command << one.err;
      EXPECT_TRUE(has(one.out, "Usage: holdfast " + command)) << one.out;
    }
  }
  EXPECT_EQ(holdfast({"--help"}).out, all.out);
  EXPECT_TRUE(has(holdfast({"dlq", "replay", "--help"}).out, "--canary"));
}

TEST_F(UsageTest, HelpAndVersionWorkWhateverTheConfiguration) {
  const Variables wrong{{"HOLDFAST_HTTP_LITSEN", "x"}};
  EXPECT_EQ(holdfast({"help"}, wrong).code, 0);
  EXPECT_EQ(holdfast({"version"}, wrong).out, "holdfast 0.1.0\n");
  EXPECT_EQ(holdfast({"--json", "version"}).out, "{\"version\":\"0.1.0\"}\n");
}

TEST_F(UsageTest, AMistakeIsCode2AndToldWithWhatIsNearest) {
  const struct {
    Words words;
    const char* said;
  } cases[] = {
      {{"statsu"}, "'statsu' is not understood here; the nearest is 'status'"},
      {{"--database", "sqlite:x.db", "statsu"}, "'statsu' is not understood here; the nearest is 'status'"},
      {{"outbox", "lst"}, "'lst' is not understood here; the nearest is 'list'"},
      {{"--database", "sqlite:x.db", "dlq", "reply"}, "'reply' is not understood here; the nearest is 'replay'"},
      {{"dlq", "list", "--consumr", "x"}, "'--consumr' is not understood here; the nearest is '--consumer'"},
      {{"status", "--jsno"}, "'--jsno' is not understood here; the nearest is '--json'"},
      {{"help", "relya"}, "there is no such command; the nearest is 'relay'"},
      {{}, "Usage: holdfast"},
      {{"dlq"}, "subcommand is required"},
      {{"publish", "a.b.v1"}, "key is required"},
      {{"demo", "--orders", "0"}, "--orders"},
      {{"--database", "orders.db", "status"}, "is no URL"},
      {{"--config", "none.toml", "status"}, "none.toml: the file cannot be read"},
  };
  for (const auto& c : cases) {
    const auto ran = holdfast(c.words);
    EXPECT_EQ(ran.code, 2) << ran.err;
    EXPECT_EQ(ran.out, "") << c.said;
    EXPECT_TRUE(has(ran.err, c.said)) << ran.err << " instead of " << c.said;
  }
  const auto variable = holdfast({"status"}, {{"HOLDFAST_DATABSE_URL", "sqlite:x.db"}});
  EXPECT_EQ(variable.code, 2);
}

TEST_F(UsageTest, AMistypedVariableOrSectionIsNotReadPast) {
  prepare("order");
  for (const auto* name : {"HOLDFAST_FOO", "HOLDFAST_BROKRE_URL", "HOLDFAST_DATABSE_URL"}) {
    const auto ran = run("holdfast", {"--database", url("order.db"), "status"}, {{name, "sqlite:x.db"}});
    EXPECT_EQ(ran.code, 2) << name;
    EXPECT_TRUE(has(ran.err, std::string(name) + ": there is no such variable; the nearest is HOLDFAST_")) << ran.err;
  }
  const auto toml = write("order.toml", "[databse]\nurl = \"sqlite:x.db\"\n");
  const auto ran = holdfast({"--config", toml, "--database", url("order.db"), "status"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_TRUE(has(ran.err, toml + ":2: there is no key 'databse.url'; the nearest is 'database.url'")) << ran.err;
}

TEST_F(UsageTest, WithoutADatabaseItAsksForOne) {
  for (const Words& words :
       {Words{"status"}, Words{"migrate"}, Words{"relay"}, Words{"outbox", "list"}, Words{"deferred", "list"},
        Words{"dlq", "list"}, Words{"publish", "a.b.v1", "k", "{}"}, Words{"dlq", "replay", "--yes"}}) {
    const auto ran = run("holdfast", words);
    EXPECT_EQ(ran.code, 2) << words[0];
    EXPECT_TRUE(has(ran.err,
                    words[0] == "relay" ? "--broker" : "which database? Name it: holdfast --database sqlite:orders.db"))
        << words[0] << ran.err;
  }
  EXPECT_FALSE(std::filesystem::exists("holdfast.db"));
}

TEST_F(UsageTest, ADatabaseThatIsNotThereIsRefusedAndNotMade) {
  for (const Words& words :
       {Words{"status"}, Words{"outbox", "list"}, Words{"dlq", "list"}, Words{"publish", "a.b.v1", "k", "{}"}}) {
    const auto ran = on("typo", words);
    EXPECT_EQ(ran.code, 3) << words[0];
    EXPECT_TRUE(has(ran.err, "typo.db: there is no such file; `holdfast migrate` makes a new one")) << ran.err;
  }
  EXPECT_FALSE(std::filesystem::exists(file("typo.db")));
}

TEST_F(UsageTest, TheDatabaseIsNamedByFlagVariableOrFile) {
  prepare("order");
  const auto toml = write("order.toml", "[database]\nurl = \"" + url("order.db") +
                                            "\"\n[gateway]\nledger = \"of a service, not of the command\"\n");
  EXPECT_EQ(holdfast({"--config", toml, "status"}).code, 0);
  EXPECT_EQ(holdfast({"status"}, {{"HOLDFAST_DATABASE_URL", url("order.db")}}).code, 0);
  EXPECT_EQ(holdfast({"status", "--database", url("order.db")}).code, 0) << "global flags may stand behind the command";
  EXPECT_EQ(holdfast({"--database", url("order.db"), "status"}, {{"HOLDFAST_DATABASE_URL", url("none.db")}}).code, 0)
      << "the flag wins";
}

TEST_F(UsageTest, EachKeyIsAFlagHereToo) {
  prepare("order");
  EXPECT_EQ(holdfast({"--database-url", url("order.db"), "status"}).code, 0);
  const auto wrong = on("order", {"--broker", url("bus.db"), "relay", "--relay-in-flight", "few"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_TRUE(has(wrong.err, "--relay-in-flight: relay.in_flight: 'few' is not understood")) << wrong.err;
  const auto typo = on("order", {"relay", "--relay-in-fligth", "5"});
  EXPECT_EQ(typo.code, 2);
  EXPECT_TRUE(has(typo.err, "the nearest is '--relay-in-flight'")) << typo.err;
}

TEST_F(UsageTest, ASecondDatabaseIsNotReadPast) {
  prepare("order");
  for (const Words& words : {Words{"outbox", "list"}, Words{"dlq", "list"}, Words{"publish", "a.b.v1", "k", "{}"}}) {
    Words all{"--database", url("order.db"), "--database", url("nope.db")};
    all.insert(all.end(), words.begin(), words.end());
    const auto ran = holdfast(all);
    EXPECT_EQ(ran.code, 2) << words[0];
    EXPECT_TRUE(has(ran.err, "this command works on one database")) << ran.err;
  }
}

TEST_F(UsageTest, AnEventThatWasNamedAndIsNotThereIsSaid) {
  prepare("order");
  const std::string id = "1f09f4f7a1d24575a2b4b2a1b35c0b1a";
  for (const Words& words :
       {Words{"outbox", "show", id}, Words{"outbox", "discard", "--yes", id}, Words{"dlq", "show", id},
        Words{"dlq", "replay", "--yes", id}, Words{"deferred", "discard", "--yes", id}}) {
    const auto ran = on("order", words);
    EXPECT_EQ(ran.code, 1) << words[0] << words[1];
    EXPECT_TRUE(has(ran.err, "nothing is selected")) << words[0] << words[1] << ran.err;
  }
}

TEST_F(UsageTest, MigrateMakesTheTablesAndCheckOnlyLooks) {
  auto ran = on("new", {"migrate", "--check"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(has(ran.out, "it is not there")) << ran.out;
  EXPECT_FALSE(std::filesystem::exists(file("new.db")));
  EXPECT_EQ(on("new", {"migrate"}).out, "schema 1 is there\n");
  EXPECT_EQ(on("new", {"--json", "migrate"}).out, "{\"schema\":1}\n") << "again: nothing to do";
  ran = on("new", {"migrate", "--check"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "schema 1 is there\n");
}

/// The middle one is no database: it is told of, and the one behind it is done all the same.
TEST_F(UsageTest, MigrateTakesSeveralDatabases) {
  write("text.db", "this is a text, not a database");
  const auto all = [&](Words more) {
    for (const auto* name : {"last.db", "text.db", "first.db"}) more.insert(more.begin(), {"--database", url(name)});
    return holdfast(more);
  };
  EXPECT_EQ(on("last", {"migrate", "--database", url("first.db")}).out,
            url("last.db") + ": schema 1 is there\n" + url("first.db") + ": schema 1 is there\n");
  std::filesystem::remove(file("last.db")), std::filesystem::remove(file("first.db"));
  auto ran = all({"migrate"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(ran.out, url("first.db") + ": schema 1 is there\n" + url("last.db") + ": schema 1 is there\n");
  EXPECT_TRUE(has(ran.err, "text.db")) << ran.err;
  EXPECT_EQ(on("last", {"status"}).code, 0);
  ran = all({"--json", "migrate"});
  EXPECT_EQ(ran.code, 3);
  const auto rows = detail::JsonValue::parse(ran.out).elements();
  ASSERT_EQ(rows.size(), 3u) << ran.out;
  EXPECT_EQ(rows[0].at("schema").integer(), 1);
  EXPECT_EQ(rows[1].at("database").string(), url("text.db"));
  EXPECT_TRUE(rows[1].member("error") && !rows[1].member("schema")) << ran.out;
  std::filesystem::remove(file("last.db")), std::filesystem::remove(file("text.db"));
  ran = all({"migrate", "--check"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(has(ran.out, "first.db: schema 1 is there") && has(ran.out, "last.db: it is not there")) << ran.out;
  EXPECT_FALSE(std::filesystem::exists(file("last.db")));
}

TEST_F(UsageTest, PrintConfigShowsAllAndDoesNothing) {
  const auto toml = write("a.toml", "[relay]\nin_flight = 7\n[gateway]\nledger = \"a service's\"\n");
  const Variables level{{"HOLDFAST_LOG_LEVEL", "error"}};
  const auto ran = holdfast({"--config", toml, "--database", "postgres://app:secret@db/shop", "--print-config"}, level);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(has(ran.out, "relay.in_flight = \"7\"   # " + toml + ":2\n")) << ran.out;
  EXPECT_TRUE(has(ran.out, "log.level = \"error\"   # HOLDFAST_LOG_LEVEL\n")) << ran.out;
  EXPECT_TRUE(has(ran.out, "database.url = \"postgres://app:***@db/shop\"   # --database\n")) << ran.out;
  EXPECT_TRUE(has(ran.out, "broker.url = \"\"   # not named\n")) << "which a command never guesses" << ran.out;
  EXPECT_TRUE(has(ran.out, "retention.inbox = \"14d\"   # default\n")) << ran.out;
  const auto before_a_command = on("new", {"--print-config", "migrate"});
  EXPECT_EQ(before_a_command.code, 0);
  EXPECT_TRUE(has(before_a_command.out, "database.url = \"" + url("new.db") + "\"   # --database\n"));
  EXPECT_FALSE(std::filesystem::exists(file("new.db")));
  EXPECT_EQ(holdfast({"--print-config"}, {{"HOLDFAST_HTTP_LITSEN", "x"}}).code, 2);
}

}  // namespace
}  // namespace holdfast::program_test
