// holdfast topology: exchanges, queues and bindings, for a broker where programs may not make them; and the rights that programs need.
#include <algorithm>
#include <cstdio>
#include <sstream>

#include "cli/cli.hpp"
#include "holdfast/contract.hpp"
#include "holdfast/subscription.hpp"
#include "ports/transport_base.hpp"
#include "service/units.hpp"

namespace holdfast::cli {
namespace {

using Lines = std::vector<std::string>;

struct Flags {
  std::string queue, ordering = "by_key", delays, user;
  Lines events;
};
struct Program {
  std::string user;
  std::vector<ports::Queue> queues;
};
struct Shown {  // stable names
  std::string queue;
  Lines lines;
};

class Command {
 public:
  Command(Cli& cli, const Flags& flags, bool makes)
      : cli_(cli), flags_(flags), broker_(makes ? cli.open_bus() : cli.bus()) {}

  int show() {
    return each([&](const ports::Queue& queue) { return topology().describe(queue); }, ok);
  }
  int apply() {
    bool missed = false;
    for (const auto& program : programs())
      for (const auto& queue : program.queues) missed |= make(queue);
    show();
    return missed ? found_something : ok;
  }
  int verify() {
    const int code = each([&](const ports::Queue& queue) { return topology().differences(queue); }, found_something);
    const bool amqp = connect::split(cli_.config().text("broker.url")).scheme.starts_with("amqp");
    if (amqp)
      std::fputs(
          "bindings and policies were not looked at, AMQP does not show them; these do:\n"
          "  rabbitmqctl list_bindings\n"
          "  rabbitmqctl list_policies, list_operator_policies   (which ones lose events: docs/rabbitmq.md)\n",
          stderr);
    return code;
  }
  int permissions() {
    Lines lines;
    for (const auto& program : programs())
      if (program.user.empty()) throw Invalid("--user", "whose rights? Name the program's user on the broker");
      else if (auto line = topology().permissions(program.user, program.queues); !line.empty()) lines.push_back(line);
    if (cli_.json()) std::printf("%s\n", Codec<Lines>::encode(lines).c_str());
    else
      for (const auto& line : lines) std::printf("%s\n", line.c_str());
    if (lines.empty()) std::fputs("this broker gives no rights to users\n", stderr);
    return ok;
  }

 private:
  ports::Topology& topology() const { return broker_.impl()->topology(); }

  /// true: it has missed something, which is told also where not all could be made.
  bool make(const ports::Queue& queue) const {
    ports::Declared missed;
    try {
      refusing([&] { topology().apply(queue, missed); });
    } catch (...) {
      tell(queue.name, missed);
      throw;
    }
    return tell(queue.name, missed);
  }

  /// true: there was something.
  static bool tell(const std::string& queue, const ports::Declared& declared) {
    for (const auto& warning : declared.warnings) std::fprintf(stderr, "%s: %s\n", queue.c_str(), warning.c_str());
    for (const auto& pattern : declared.restored)
      std::fprintf(stderr,
                   "%s: %s did not reach its consumer. At each producer's database this sends it again; what the "
                   "consumer had before is absorbed:\n  holdfast outbox republish %s\n",
                   queue.c_str(), std::string(ports::what_was_missed(declared)).c_str(),
                   ports::republish_flags(queue, pattern).c_str());
    return !declared.restored.empty();
  }

  /// Prints what there is to say of each queue; `something` where there is anything.
  template <class Say>
  int each(Say say, int something) {
    std::vector<Shown> all;
    for (const auto& program : programs())
      for (const auto& queue : program.queues) all.push_back({queue.name, say(queue)});
    if (cli_.json()) std::printf("%s\n", Codec<std::vector<Shown>>::encode(all).c_str());
    else
      for (const auto& [queue, lines] : all)
        for (const auto& line : lines) std::printf("%s\n", line.c_str());
    return std::ranges::any_of(all, [](const Shown& s) { return !s.lines.empty(); }) ? something : ok;
  }

  /// One for each database: what its consumers asked for when they started. Or what the flags say.
  std::vector<Program> programs() const {
    if (!flags_.queue.empty() && flags_.events.empty())
      throw Invalid("--events", "which events go to " + flags_.queue + "? Name them, as order.created.*");
    if (!flags_.queue.empty()) return {{flags_.user, {told()}}};
    std::vector<Program> all;
    for (const auto& url : cli_.database_urls()) {
      const auto store = cli_.open(url, connect::Access::look);
      Program program{flags_.user, {}};
      const auto asked = store.impl()->admin()->subscriptions();
      for (auto s = asked.begin(); s != asked.end(); ++s) {
        if (std::next(s) != asked.end() && std::next(s)->consumer == s->consumer) continue;  // it has another queue now
        if (program.user.empty()) program.user = s->consumer;
        program.queues.push_back({s->queue, s->patterns, s->by_key, s->delays});
        program.queues.back().was_there = true;
      }
      if (program.queues.empty() && program.user.empty())
        throw Unavailable(url +
                          ": no consumer has started here yet; name its queue with --queue, --events and --ordering, "
                          "or, if it only publishes, its user with --user");
      all.push_back(std::move(program));
    }
    return all;
  }

  ports::Queue told() const {
    const bool by_key = flags_.ordering == "by_key";
    return {flags_.queue, flags_.events, by_key, by_key ? std::vector<ports::Millis>{} : delays()};
  }
  std::vector<ports::Millis> delays() const {
    if (flags_.delays.empty()) return RetryPolicy().delays;
    std::vector<ports::Millis> all;
    if (flags_.delays == "none") return all;
    std::istringstream words(flags_.delays);
    for (std::string word; std::getline(words, word, ',');) all.push_back(service::parse_duration(word));
    return all;
  }

  Cli& cli_;
  const Flags& flags_;
  Transport broker_;
};

}  // namespace

void add_topology(CLI::App& app, Cli& cli) {
  auto* group = app.add_subcommand("topology", "exchanges, queues, bindings; for a broker that lets programs make none")
                    ->group("Set up")
                    ->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  const auto verb = [&](const std::string& name, const std::string& what, int (Command::*act)()) {
    auto* command = group->add_subcommand(name, what);
    auto* queue =
        command->add_option("--queue", flags->queue, "of one that never ran [those of the consumers in --database]");
    command->add_option("--events", flags->events, "its binding, as order.created.*; may be repeated")
        ->allow_extra_args(false)
        ->needs(queue);
    command->add_option("--ordering", flags->ordering, "by_key or none")
        ->check(CLI::IsMember({"by_key", "none"}))
        ->capture_default_str()
        ->needs(queue);
    command
        ->add_option("--retry-delays", flags->delays,
                     "without order: its wait queues, or none where the database keeps what is tried again "
                     "[1s,5s,30s,2m,10m]")
        ->needs(queue);
    command->add_option("--user", flags->user, "of the program, on the broker [its consumer's name]");
    cli.does(*command, [&cli, flags, act] { return (Command(cli, *flags, act == &Command::apply).*act)(); });
  };
  verb("show", "what the consumers of these databases need", &Command::show);
  verb("apply", "make what is missing; what differs is left and named; exit 1 if a consumer's queue was gone",
       &Command::apply);
  verb("verify", "each difference, changing nothing; exit 1 if there is any", &Command::verify);
  verb("permissions", "the commands that give each program the rights that it needs", &Command::permissions);
}

}  // namespace holdfast::cli
