// holdfast migrate: creates or upgrades Holdfast's tables; --check only looks.
#include <cstdio>

#include "cli/cli.hpp"
#include "holdfast/detail/json.hpp"

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
  cli.does(*command, [&cli, check] {
    const auto url = cli.database_urls().front();
    if (*check && !is_there(url)) return say(cli, url + ": it is not there; `holdfast migrate` makes it");
    Store store = *check ? to_look_at(url) : open_store(url);
    if (!*check) refusing([&] { store.migrate(); });
    if (const auto todo = what_is_left(store); !todo.empty()) return say(cli, todo);
    const int version = store.impl()->admin()->status().schema_version;
    std::printf(cli.json() ? "{\"schema\":%d}\n" : "schema %d is there\n", version);
    return ok;
  });
}

}  // namespace holdfast::cli
