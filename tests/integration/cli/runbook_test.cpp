// The operator's page against a system that runs: each command in docs/operations.md is understood, and does what stands beside it.
#include <algorithm>
#include <regex>

#include "deferred_command.hpp"
#include "ports/store_base.hpp"
#include "runbook/page.hpp"

namespace holdfast::program_test {
namespace {

using runbook::code;
using runbook::words_of;

bool any_of(const Words& words, const char* wanted) {
  return std::find(words.begin(), words.end(), wanted) != words.end();
}

struct Runbook : DeferredCommand {
  Runbook() { prepare("order"); }

  /// One event that no broker takes, in the order's outbox.
  EventId refused() const {
    EXPECT_EQ(on("order", {"publish", "a.b.v1", "k", "{}"}).code, 0);
    const auto store = open_store(url("order.db"));
    const auto outbox = store.impl()->outbox();
    const auto row = outbox->read({}, 1000).rows.back();
    const ports::RowRef ref{row.seq, row.event.id};
    outbox->note_failure({&ref, 1}, "the frame is too large", true);
    return row.event.id;
  }
  /// What the command finds: a dead letter, a refused event, a database and a bus.
  Ran run_as_written(Words words) {
    words.erase(words.begin());
    const bool of_outbox = words.front() == "outbox";
    const auto database = url(of_outbox ? "order.db" : "inventory.db");
    const auto id = of_outbox ? refused() : dead(++orders);
    for (auto at = words.begin(); at != words.end(); ++at) {
      if (*at == "URL") *at = *(at - 1) == "--broker" ? url("bus.db") : database;
      if (*at == "ID") *at = id.to_string();
      if (*at == "NAME") *at = "inventory";
    }
    if (acts(words)) words.emplace_back("--yes");
    return holdfast(words, {{"HOLDFAST_DATABASE_URL", database}, {"HOLDFAST_BROKER_URL", url("bus.db")}});
  }
  static bool acts(const Words& words) {
    return !any_of(words, "--dry-run") && (any_of(words, "replay") || any_of(words, "discard") ||
                                           any_of(words, "retry") || any_of(words, "republish"));
  }
  std::int64_t orders = 0;
};

TEST_F(Runbook, EachOfItsCommandsIsUnderstoodAndDoesItsWork) {
  auto inventory = start("inventory");
  int ran_so_many = 0;
  for (const auto& command : code()) {
    const auto words = words_of(command);
    if (words.front() == "curl") {
      std::smatch path;
      ASSERT_TRUE(std::regex_search(words.at(1), path, std::regex("/(health/\\w+|metrics)$"))) << command;
      EXPECT_EQ(inventory.http.get(path.str()).status, 200) << command;
    }
    if (words.front() != "holdfast" || words.size() == 1) continue;
    ++ran_so_many;
    if (words.at(1) == "relay") {  // runs until it is ended
      EXPECT_EQ(holdfast({"relay", "--help"}).code, 0);
      continue;
    }
    const auto ran = run_as_written(words);
    EXPECT_LT(ran.code, 2) << command << "\n" << ran.err;
    if (acts(words) && words.at(2) != "republish") { EXPECT_EQ(ran.code, 0) << command << "\n" << ran.out << ran.err; }
  }
  EXPECT_GE(ran_so_many, 18);
  EXPECT_EQ(inventory.stop(), 0);
}

/// Other people's programs, by the names that we give to what they look at.
TEST_F(Runbook, NamesUnitsAndServicesThatAreDeployed) {
  const std::string deploy = HOLDFAST_SOURCE_DIR "/deploy/";
  int named = 0;
  for (const auto& command : code()) {
    const auto words = words_of(command);
    const auto& program = words.front();
    if (program != "systemctl" && program != "journalctl" && program != "docker-compose") continue;
    ++named;
    const auto unit = std::ranges::find_if(words, [](const auto& word) { return word.find('@') != word.npos; });
    const bool is_there =
        unit == words.end()
            ? has(contents(deploy + "docker-compose.rabbit.yml"), "\n  " + words.back() + ":")
            : std::filesystem::exists(deploy + "systemd/" + unit->substr(0, unit->find('@')) + "@.service");
    EXPECT_TRUE(is_there) << command;
  }
  EXPECT_EQ(named, 4);
}

}  // namespace
}  // namespace holdfast::program_test
