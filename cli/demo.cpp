// holdfast demo, holdfast up: the whole system, for a try.
#include "demo/run.hpp"

#include "cli/cli.hpp"
#include "demo/up.hpp"
#include "service/units.hpp"

namespace holdfast::cli {
namespace {

/// CLI11 would read -1 as a large number, 0x10 as 16, and what is too large as something smaller.
std::string whole_number(const std::string& text) try {
  (void)service::parse_integer(text);
  return "";
} catch (const Invalid& wrong) { return wrong.reason(); }

std::filesystem::path beside_this_program() { return std::filesystem::read_symlink("/proc/self/exe").parent_path(); }

void add_brokers(CLI::App& command, demo::Broker& broker) {
  const auto flag = [&](const char* name, demo::Broker which) {
    return command.add_flag_callback(
        name, [&broker, which] { broker = which; },
        std::string("on private PostgreSQL and ") + demo::name_of(which) + " servers, not on files");
  };
  flag("--rabbitmq", demo::Broker::rabbitmq)->excludes(flag("--kafka", demo::Broker::kafka));
}

}  // namespace

void add_demo(CLI::App& app, Cli& cli) {
  struct Flags {
    demo::Options options;
    std::string kept;
  };
  auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand("demo", "run order, inventory, payment; break them; prove that nothing was lost")
                      ->group("Try");
  command->add_option("--orders", flags->options.orders, "how many")
      ->check(whole_number)
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--seed", flags->options.seed, "draws the orders")->check(whole_number)->capture_default_str();
  command->add_flag("--keep", flags->options.keep, "leave the databases for a look");
  command->add_option("--state", flags->options.state, "folder for the databases, new or empty [a new one]");
  add_brokers(*command, flags->options.broker);
  command->add_option("--check", flags->kept, "take the account of a kept folder again");
  cli.does(*command, [&cli, flags] {
    flags->options.json = cli.json();
    if (!flags->kept.empty()) return demo::check(flags->kept, cli.json());
    flags->options.programs = beside_this_program();
    return demo::run(flags->options);
  });
}

void add_up(CLI::App& app, Cli& cli) {
  auto options = std::make_shared<demo::UpOptions>();
  auto* command = app.add_subcommand("up", "run them for you to try, until Ctrl-C")->group("Try");
  command->add_option("--state", options->state, "folder for the databases [a new one, removed at the end]");
  add_brokers(*command, options->broker);
  cli.does(*command, [options] {
    options->programs = beside_this_program();
    return demo::up(*options);
  });
}

}  // namespace holdfast::cli
