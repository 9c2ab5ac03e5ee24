// holdfast: one command for operators and newcomers.
#include <cstdio>

#include "cli/cli.hpp"
#include "event/nearest.hpp"
#include "holdfast/errors.hpp"

#ifndef HOLDFAST_VERSION
#define HOLDFAST_VERSION "0.1.0"
#endif

namespace holdfast::cli {
namespace {

int complain(const std::exception& error, int code) {
  std::fprintf(stderr, "holdfast: %s\n", error.what());
  return code;
}

const CLI::App* find(const CLI::App& app, const std::string& name) {
  for (const auto* command : app.get_subcommands({}))
    if (command->get_name() == name) return command;
  return nullptr;
}

using Words = std::vector<std::string>;

Words commands_of(const CLI::App& app) {
  Words names;
  for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

Words flags_of(const CLI::App& app, const CLI::App& command) {
  Words names;
  for (const auto* from : {&app, &command})
    for (const auto* option : from->get_options())
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);  // get_name() knows no hidden ones
  return names;
}

std::string no_such_command(const std::string& name, const Words& known) {
  if (known.empty()) return "there is no such command";
  return "there is no such command; the nearest is '" + event::nearest(name, known) + "'";
}

std::string help_of(const CLI::App& app, const CLI::App& command, const std::string& name) {
  return app.get_formatter()->make_help(&command, name, CLI::AppFormatMode::Normal);
}

void add_help(CLI::App& app, Cli& cli, Words& topic) {
  auto* help = app.add_subcommand("help", "of one command: holdfast help dlq list")->group("Other");
  help->add_option("command", topic);
  cli.tells(*help, [&app, &topic] {
    const CLI::App* of = &app;
    std::string name = "holdfast";
    for (const auto& word : topic) {
      const auto* command = find(*of, word);
      if (command == nullptr) throw Invalid(word, no_such_command(word, commands_of(*of)));
      of = command, name += " " + word;
    }
    std::fputs(help_of(app, *of, name).c_str(), stdout);
    return ok;
  });
}

void add_version(CLI::App& app, Cli& cli) {
  const auto version = [&cli] {
    return std::string(cli.json() ? R"({"version":")" HOLDFAST_VERSION R"("})" : "holdfast " HOLDFAST_VERSION);
  };
  app.set_version_flag("--version", version, "of this program");
  cli.tells(*app.add_subcommand("version", "of this program")->group("Other"),
            [version] { return std::puts(version().c_str()), ok; });
}

/// What nobody understood, and what stands there that is nearest to it: a command, a verb, a flag.
int misspelt(const CLI::App& app, const CLI::ParseError& error) {
  const auto words = app.remaining(true);
  const CLI::App* here = &app;
  while (!here->get_subcommands().empty()) here = here->get_subcommands().front();
  const auto known = words.empty()                    ? Words()
                     : words.front().starts_with('-') ? flags_of(app, *here)
                                                      : commands_of(*here);
  if (known.empty()) return complain(error, usage);
  std::fprintf(stderr, "holdfast: '%s' is not understood here; the nearest is '%s'\n", words.front().c_str(),
               event::nearest(words.front(), known).c_str());
  return usage;
}

int run(int argc, char** argv) {
  CLI::App app("Reliable events for C++ services", "holdfast");
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.footer("Exit: 0 ok, 1 found something or not all done, 2 usage or configuration, 3 unavailable or refused");
  Cli cli(app);
  Words topic;
  add_demo(app, cli), add_up(app, cli), add_relay(app, cli), add_migrate(app, cli);
  add_topology(app, cli), add_status(app, cli);
  add_outbox(app, cli), add_deferred(app, cli), add_dlq(app, cli), add_publish(app, cli);
  add_version(app, cli), add_help(app, cli, topic);
  try {
    app.parse(argc, argv);
    if (!app.get_subcommands().empty()) return cli.code();
    if (cli.asked_to_print()) return cli.print_config();
    std::fputs(app.help().c_str(), stderr);
    return usage;
  } catch (const CLI::Success& asked) { return app.exit(asked); } catch (const CLI::ParseError& wrong) {
    return misspelt(app, wrong);
  } catch (const Invalid& wrong) { return complain(wrong, usage); } catch (const std::exception& error) {
    return complain(error, refused);
  }
}

}  // namespace
}  // namespace holdfast::cli

int main(int argc, char** argv) { return holdfast::cli::run(argc, argv); }
