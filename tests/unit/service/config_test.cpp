// The one rule of configuration: file, environment, flag, in rising order; whoever mistypes is told where and what he meant.
#include "service/config.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "holdfast/errors.hpp"
#include "service/command_line.hpp"

namespace holdfast::service {
namespace {

using Pointers = std::vector<const char*>;

struct ConfigTest : ::testing::Test {
  ConfigTest() {
    std::string name = (std::filesystem::temp_directory_path() / "holdfast-config-XXXXXX").string();
    folder = mkdtemp(name.data());
  }
  ~ConfigTest() override { std::filesystem::remove_all(folder); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
    return (folder / name).string();
  }
  void environment(const std::vector<std::string>& variables) {
    Pointers pointers;
    for (const auto& v : variables) pointers.push_back(v.c_str());
    pointers.push_back(nullptr);
    config.read_environment(pointers.data());
  }
  bool command_line(Pointers words) {
    words.insert(words.begin(), "a-service");
    return read_command_line(config, "a-service", static_cast<int>(words.size()), words.data());
  }
  /// "where | what", of what it throws.
  template <class Call>
  static std::string fault(Call call) {
    try {
      call();
    } catch (const Invalid& invalid) { return invalid.where() + " | " + invalid.reason(); }
    return "nothing is wrong";
  }

  static bool has_fault(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

  std::filesystem::path folder;
  Config config{{{"http.listen", "127.0.0.1:8081", "where"},
                 {"http.workers", "16", "threads", Kind::integer},
                 {"http.max_body", "1MiB", "", Kind::size},
                 {"database.migrate", "true", "", Kind::boolean},
                 {"broker.password", "", "", Kind::text, {}, true},
                 {"relay.mode", "in_process", "", Kind::choice, {"in_process", "elsewhere"}},
                 {"retention.inbox", "14d", "", Kind::duration}}};
};

TEST_F(ConfigTest, FileThenEnvironmentThenFlag) {
  EXPECT_EQ(config.text("http.listen"), "127.0.0.1:8081");
  EXPECT_FALSE(config.is_set("http.listen"));
  config.read_file(write(
      "a.toml", "[http]\nlisten = \"1.1.1.1:1\"\nworkers = 3\nmax_body = \"2KiB\"\n[database]\nmigrate = false\n"));
  environment({"PATH=/bin", "HOLDFAST_HTTP_LISTEN=2.2.2.2:2", "HOLDFAST_HTTP_WORKERS=4"});
  config.set("http.listen", "3.3.3.3:3", "--http-listen");
  EXPECT_EQ(config.text("http.listen"), "3.3.3.3:3");
  EXPECT_EQ(config.from("http.listen"), "--http-listen");
  EXPECT_EQ(config.integer("http.workers"), 4);
  EXPECT_EQ(config.from("http.workers"), "HOLDFAST_HTTP_WORKERS");
  EXPECT_EQ(config.size("http.max_body"), 2048);
  EXPECT_EQ(config.from("http.max_body"), (folder / "a.toml").string() + ":4");
  EXPECT_FALSE(config.boolean("database.migrate"));
  EXPECT_EQ(config.duration("retention.inbox"), std::chrono::hours(14 * 24));
}

TEST_F(ConfigTest, TheCommandLineReadsThemInThatOrderWhereverTheFlagsStand) {
  const auto file = write("a.toml", "[http]\nlisten = \"1.1.1.1:1\"\nworkers = 3\n");
  setenv("HOLDFAST_HTTP_LISTEN", "2.2.2.2:2", 1);
  setenv("HOLDFAST_HTTP_WORKERS", "4", 1);
  const bool go_on = command_line({"--http-workers", "5", "--config", file.c_str()});
  unsetenv("HOLDFAST_HTTP_LISTEN"), unsetenv("HOLDFAST_HTTP_WORKERS");
  EXPECT_TRUE(go_on);
  EXPECT_EQ(config.text("http.listen"), "2.2.2.2:2");
  EXPECT_EQ(config.integer("http.workers"), 5);
}

TEST_F(ConfigTest, AVariableMayNameAFileWithItsValue) {
  environment({"HOLDFAST_BROKER_PASSWORD_FILE=" + write("secret", "tell nobody\r\n")});
  EXPECT_EQ(config.text("broker.password"), "tell nobody");
  EXPECT_EQ(config.from("broker.password"), "HOLDFAST_BROKER_PASSWORD_FILE");
  const auto missing = (folder / "missing").string();
  EXPECT_EQ(fault([&] { environment({"HOLDFAST_BROKER_PASSWORD_FILE=" + missing}); }),
            "HOLDFAST_BROKER_PASSWORD_FILE | the file '" + missing + "' cannot be read");
}

TEST_F(ConfigTest, AVariableAndItsFileAreOneTooMany) {
  const auto file = "HOLDFAST_BROKER_PASSWORD_FILE=" + write("secret", "a");
  for (const auto& both :
       {std::vector<std::string>{"HOLDFAST_BROKER_PASSWORD=b", file}, {file, "HOLDFAST_BROKER_PASSWORD=b"}})
    EXPECT_EQ(fault([&] { environment(both); }),
              "HOLDFAST_BROKER_PASSWORD_FILE | HOLDFAST_BROKER_PASSWORD is set too; leave one of them");
}

TEST_F(ConfigTest, AnUnknownKeyIsToldWithItsLineAndTheNearestName) {
  const auto file = write("a.toml", "[http]\nworkers = 3\n\n[relay]\nmood = \"elsewhere\"\n");
  EXPECT_EQ(fault([&] { config.read_file(file); }),
            file + ":5 | there is no key 'relay.mood'; the nearest is 'relay.mode'");
  const auto section = write("b.toml", "[htpp]\nworkers = 3\n");
  EXPECT_EQ(fault([&] { config.read_file(section); }),
            section + ":2 | there is no key 'htpp.workers'; the nearest is 'http.workers'");
  EXPECT_EQ(fault([&] { environment({"HOLDFAST_HTTP_WORKRES=3"}); }),
            "HOLDFAST_HTTP_WORKRES | there is no such variable; the nearest is HOLDFAST_HTTP_WORKERS");
  EXPECT_EQ(fault([&] { command_line({"--http-listne=1.1.1.1:1"}); }),
            "--http-listne | there is no such flag; the nearest is --http-listen");
  EXPECT_EQ(fault([&] { command_line({"--http-listne", "1.1.1.1:1"}); }),
            "--http-listne | there is no such flag; the nearest is --http-listen");
}

TEST_F(ConfigTest, WhatIsNoTomlIsToldWithItsLine) {
  const auto file = write("a.toml", "[http]\nworkers = \n");
  EXPECT_TRUE(fault([&] { config.read_file(file); }).starts_with(file + ":2 | "))
      << fault([&] { config.read_file(file); });
  const auto missing = (folder / "missing.toml").string();
  EXPECT_EQ(fault([&] { config.read_file(missing); }), missing + " | the file cannot be read");
}

TEST_F(ConfigTest, WhatIsNoValueIsToldWithItsLine) {
  for (const auto* value : {"[1, 2]", "1.5", "{ a = 1 }", "1979-05-27"}) {
    const auto file = write("a.toml", "[http]\n\nworkers = " + std::string(value) + "\n");
    EXPECT_TRUE(fault([&] {
                  config.read_file(file);
                }).starts_with(file + ":3 | http.workers: a value is text, a whole number, true or false"))
        << value << ": " << fault([&] { config.read_file(file); });
  }
}

TEST_F(ConfigTest, ABadValueIsToldWithItsPlaceAndHowToWriteIt) {
  const struct {
    const char *key, *value, *reason;
  } cases[] = {
      {"http.workers", "many", "http.workers: 'many' is not understood; write it as a whole number, as 10"},
      {"http.workers", "-1", "http.workers: '-1' is not understood; write it as a whole number, as 10"},
      {"http.workers", "", "http.workers: '' is not understood; write it as a whole number, as 10"},
      {"http.workers", "99999999999999999999",
       "http.workers: '99999999999999999999' is not understood; write it as a whole number, as 10"},
      {"retention.inbox", "14", "retention.inbox: '14' is not understood; write it as 100ms, 5s, 2m, 1h or 14d"},
      {"retention.inbox", "14 d", "retention.inbox: '14 d' is not understood; write it as 100ms, 5s, 2m, 1h or 14d"},
      {"retention.inbox", "999999999999999999d",
       "retention.inbox: '999999999999999999d' is not understood; write it as 100ms, 5s, 2m, 1h or 14d"},
      {"http.max_body", "1MB", "http.max_body: '1MB' is not understood; write it as 65536, 64KiB or 1MiB"},
      {"database.migrate", "yes", "database.migrate: 'yes' is not understood; write true or false"},
      {"relay.mode", "elsewehre", "relay.mode: 'elsewehre' is none of: in_process, elsewhere"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(fault([&] { config.set(c.key, c.value, "here"); }), std::string("here | ") + c.reason);
  EXPECT_FALSE(config.is_set("http.workers")) << "a bad value changes nothing";
}

TEST_F(ConfigTest, WhatIsPrintedShowsWhereEachValueCameFromAndNoSecret) {
  environment({"HOLDFAST_BROKER_PASSWORD=tell nobody"});
  const auto file = write("a.toml", "[http]\nworkers = 3\n");
  config.read_file(file);
  const auto shown = config.print();
  EXPECT_NE(shown.find("http.workers = \"3\"   # " + file + ":2\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("http.listen = \"127.0.0.1:8081\"   # default\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("broker.password = ***   # HOLDFAST_BROKER_PASSWORD\n"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("nobody"), std::string::npos) << shown;
}

TEST_F(ConfigTest, ACommandLeavesTheSectionsOfTheServiceAlone) {
  config.leave_other_sections();
  config.read_file(write("a.toml", "[gateway]\nledger = \"a.db\"\n[http]\nworkers = 3\n"));
  environment({"HOLDFAST_GATEWAY_LEDGER=a.db"});
  EXPECT_EQ(config.integer("http.workers"), 3);
  const auto file = write("b.toml", "[http]\nwokers = 3\n");
  EXPECT_TRUE(fault([&] { config.read_file(file); }).starts_with(file + ":2 | there is no key 'http.wokers'"));
  EXPECT_TRUE(fault([&] {
                environment({"HOLDFAST_HTTP_WOKERS=3"});
              }).starts_with("HOLDFAST_HTTP_WOKERS | there is no such variable"));
}

TEST_F(ConfigTest, AShortNameIsNoTypoOfOneThatIsOnlySomewhatAlike) {
  config.leave_other_sections();
  config.read_file(write("a.toml", "[html]\nat = 3\n"));  // two edits from http
  EXPECT_NE(fault([&] { config.read_file(write("b.toml", "[htp]\nat = 3\n")); }).find("'htp.at'"), std::string::npos);
}

TEST_F(ConfigTest, ACommandTakesATypoForNoSectionOfAService) {
  config.leave_other_sections();
  auto file = write("a.toml", "[http]\nworkers = 3\n\n[databse]\nmigrate = false\n");
  EXPECT_EQ(fault([&] { config.read_file(file); }),
            file + ":5 | there is no key 'databse.migrate'; the nearest is 'database.migrate'");
  file = write("b.toml", "\n[dtabase]\n");
  EXPECT_EQ(fault([&] { config.read_file(file); }),
            file + ":2 | there is no section 'dtabase'; the nearest is 'database'");
  file = write("c.toml", "gateway = 3\n");
  EXPECT_TRUE(fault([&] { config.read_file(file); }).starts_with(file + ":1 | there is no key 'gateway'"))
      << "a service's key has a section";
  for (const auto& [variable, nearest] : {std::pair{"HOLDFAST_BROKRE_PASSWORD", "HOLDFAST_BROKER_PASSWORD"},
                                          {"HOLDFAST_BRKR_PASSWORD", "HOLDFAST_BROKER_PASSWORD"},
                                          {"HOLDFAST_DATABASEMIGRATE", "HOLDFAST_DATABASE_MIGRATE"},
                                          {"HOLDFAST_HTTP", "HOLDFAST_HTTP_LISTEN"}})
    EXPECT_EQ(fault([&] { environment({std::string(variable) + "=x"}); }),
              std::string(variable) + " | there is no such variable; the nearest is " + nearest);
  for (const auto* variable : {"HOLDFAST_FOO=1", "HOLDFAST_=1", "HOLDFAST__X=1", "HOLDFAST_GATEWAY_=1"})
    EXPECT_TRUE(has_fault(fault([&] { environment({variable}); }), "there is no such variable")) << variable;
}

TEST_F(ConfigTest, AnEmptySectionThatNobodyKnowsIsNoneEither) {
  const auto file = write("a.toml", "[http]\n[databse]\n");
  EXPECT_EQ(fault([&] { config.read_file(file); }),
            file + ":2 | there is no section 'databse'; the nearest is 'database'");
}

TEST_F(ConfigTest, WhatIsPrintedHidesThePasswordInAUrl) {
  Config urls({{"database.url", "", ""}, {"broker.url", "", ""}});
  const auto shown = [&](const std::string& url) {
    urls.set("broker.url", url, "here");
    const auto text = urls.print();
    const auto from = text.find("broker.url = \"") + 14;
    return text.substr(from, text.find('"', from) - from);
  };
  EXPECT_EQ(shown("postgres://u:secret@h:5432/x"), "postgres://u:***@h:5432/x");
  EXPECT_EQ(shown("kafka://u:secret@h1,u:secret@h2"), "kafka://u:***@h2");
  EXPECT_EQ(shown("amqp://u:sec/r@t?x@h/v"), "amqp://u:***@h/v");
  EXPECT_EQ(shown("postgres://h/x?password=secret&sslpassword=secret&a=b"),
            "postgres://h/x?password=***&sslpassword=***&a=b");
  for (const auto* open : {"postgres://u@h:5432/x", "postgres://h:5432/x", "sqlite:a:b@c.db", "kafka://h1,h2"})
    EXPECT_EQ(shown(open), open) << "nothing to hide";
}

}  // namespace
}  // namespace holdfast::service
