// holdfast migrate: creates or upgrades Holdfast's tables; --check only looks; --print-grants tells what the roles need.
#include <algorithm>
#include <cstdio>

#include "cli/cli.hpp"
#include "holdfast/detail/json.hpp"
#include "store/postgres/grants.hpp"

namespace holdfast::cli {
namespace {

/// "" = nothing. A schema that this program does not know is nothing that migrating cures: refused.
std::string what_is_left(Store& store) {
  std::string todo;
  refusing([&] {
    try {
      store.impl()->check_schema();
    } catch (const detail::NeedsMigration& behind) { todo = behind.what(); }
  });
  return todo;
}

/// What became of one database. JSON: {"schema":1} or {"todo":"..."}, among several with their "database".
struct Fate {
  int code = ok;
  int schema = 0;
  std::string todo = {};  // or what went wrong
};

Fate migrate(const Cli& cli, const std::string& url, bool check) {
  if (check && !is_there(url)) return {found_something, 0, url + ": it is not there; `holdfast migrate` makes it"};
  Store store = cli.unchecked(url, check ? connect::Access::look : connect::Access::act);
  if (!check) refusing([&] { store.migrate(); });
  if (const auto todo = what_is_left(store); !todo.empty()) return {found_something, 0, todo};
  return {ok, store.impl()->admin()->status().schema_version};
}

std::string in_json(const Fate& fate, const std::string& database) {
  detail::JsonWriter out;
  out.begin_object();
  if (!database.empty()) out.name("database"), out.string(database);
  if (fate.code == ok) out.name("schema"), out.integer(fate.schema);
  else out.name(fate.code == found_something ? "todo" : "error"), out.string(fate.todo);
  out.end_object();
  return out.take();
}

std::string in_words(const Fate& fate, const std::string& database) {
  if (fate.code != ok) return fate.todo;
  return (database.empty() ? "" : database + ": ") + "schema " + std::to_string(fate.schema) + " is there";
}

int say(const Cli& cli, const Fate& fate) {
  std::printf("%s\n", (cli.json() ? in_json(fate, "") : in_words(fate, "")).c_str());
  return fate.code;
}

/// One that fails keeps no other back; the worst of them is the exit code.
int migrate_all(const Cli& cli, const std::vector<std::string>& urls, bool check) {
  int code = ok;
  std::string all;
  for (const auto& url : urls) {
    Fate fate;
    try {
      fate = migrate(cli, url, check);
    } catch (const std::exception& error) {
      fate = {dynamic_cast<const Invalid*>(&error) != nullptr ? usage : refused, 0, error.what()};
    }
    code = std::max(code, fate.code);
    const auto name = service::without_passwords(url);
    if (cli.json()) all += (all.empty() ? "[" : ",") + in_json(fate, name);
    else if (fate.code > found_something) std::fprintf(stderr, "holdfast: %s\n", fate.todo.c_str());
    else std::printf("%s\n", in_words(fate, name).c_str());
  }
  if (cli.json()) std::printf("%s]\n", all.c_str());
  return code;
}

struct Grants {
  bool print = false;
  std::string owner = "holdfast_owner", app = "holdfast_app";
};

}  // namespace

void add_migrate(CLI::App& app, Cli& cli) {
  auto check = std::make_shared<bool>(false);
  auto* command = app.add_subcommand("migrate", "create or upgrade Holdfast's tables")->group("Set up");
  command->add_flag("--check", *check,
                    "only look: exit 1 if there is something to do, 3 if the tables are of a newer schema");
  auto grants = std::make_shared<Grants>();
  command->add_flag("--print-grants", grants->print, "print the SQL that gives two roles of PostgreSQL what they need");
  command->add_option("--owner", grants->owner, "the role that migrates")->capture_default_str();
  command->add_option("--app", grants->app, "the role of services, relay and command")->capture_default_str();
  cli.does(*command, [&cli, check, grants] {
    if (grants->print) {
      std::fputs(store::postgres_grants(grants->owner, grants->app).c_str(), stdout);
      return ok;
    }
    const auto urls = cli.database_urls();
    return urls.size() > 1 ? migrate_all(cli, urls, *check) : say(cli, migrate(cli, urls.front(), *check));
  });
}

}  // namespace holdfast::cli
