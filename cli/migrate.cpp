// holdfast migrate: creates or upgrades Holdfast's tables; --check only looks.
#include <cstdio>

#include "cli/cli.hpp"

namespace holdfast::cli {

void add_migrate(CLI::App& app, Cli& cli) {
  auto check = std::make_shared<bool>(false);
  auto* command = app.add_subcommand("migrate", "create or upgrade Holdfast's tables")->group("Set up");
  command->add_flag("--check", *check, "only look: exit 1 if there is something to do");
  cli.does(*command, [&cli, check] {
    Store store = open_store(cli.database_urls().front());
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
