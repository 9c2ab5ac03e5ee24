// holdfast migrate: creates or upgrades Holdfast's tables; --check only looks; --print-grants tells what the roles need.
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

std::string in_json(const std::string& todo) {
  detail::JsonWriter out;
  out.begin_object();
  out.name("todo"), out.string(todo);
  out.end_object();
  return out.take();
}

struct Grants {
  bool print = false;
  std::string owner = "holdfast_owner", app = "holdfast_app";
};

int say(const Cli& cli, const std::string& todo) {
  std::printf("%s\n", cli.json() ? in_json(todo).c_str() : todo.c_str());
  return found_something;
}

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
    const auto url = cli.database_urls().front();
    if (*check && !is_there(url)) return say(cli, url + ": it is not there; `holdfast migrate` makes it");
    Store store = cli.unchecked(url, *check ? connect::Access::look : connect::Access::act);
    if (!*check) refusing([&] { store.migrate(); });
    if (const auto todo = what_is_left(store); !todo.empty()) return say(cli, todo);
    const int version = store.impl()->admin()->status().schema_version;
    std::printf(cli.json() ? "{\"schema\":%d}\n" : "schema %d is there\n", version);
    return ok;
  });
}

}  // namespace holdfast::cli
