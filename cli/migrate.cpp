// holdfast migrate: creates or upgrades Holdfast's tables; --check only looks; --print-grants tells what the roles need.
#include <cstdio>

#include "cli/cli.hpp"
#include "store/postgres/grants.hpp"

namespace holdfast::cli {
namespace {

struct Grants {
  bool print = false;
  std::string owner = "holdfast_owner", app = "holdfast_app";
};

}  // namespace

void add_migrate(CLI::App& app, Cli& cli) {
  auto check = std::make_shared<bool>(false);
  auto* command = app.add_subcommand("migrate", "create or upgrade Holdfast's tables")->group("Set up");
  command->add_flag("--check", *check, "only look: exit 1 if there is something to do");
  auto grants = std::make_shared<Grants>();
  command->add_flag("--print-grants", grants->print, "print the SQL that gives two roles of PostgreSQL what they need");
  command->add_option("--owner", grants->owner, "the role that migrates")->capture_default_str();
  command->add_option("--app", grants->app, "the role of services, relay and command")->capture_default_str();
  cli.does(*command, [&cli, check, grants] {
    if (grants->print) {
      std::fputs(store::postgres_grants(grants->owner, grants->app).c_str(), stdout);
      return ok;
    }
    Store store = cli.unchecked(cli.database_urls().front());
    if (*check) try {
        store.impl()->check_schema();
      } catch (const Invalid& behind) {
        std::printf("%s\n", behind.what());
        return found_something;
      }
    else refusing([&] { store.migrate(); });
    const int version = store.impl()->admin()->status().schema_version;
    std::printf(cli.json() ? "{\"schema\":%d}\n" : "schema %d is there\n", version);
    return ok;
  });
}

}  // namespace holdfast::cli
