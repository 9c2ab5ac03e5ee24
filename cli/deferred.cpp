// holdfast deferred, holdfast dlq: what consumers set aside; to look at, to run again, to give up.
#include <cstdio>
#include <fstream>
#include <iterator>

#include "cli/deferred.hpp"
#include "cli/text.hpp"
#include "ports/waker.hpp"
#include "service/units.hpp"

namespace holdfast::cli {
namespace {

using connect::Access;
using ports::DeferredView;

constexpr ports::Millis look_again{200};

class Command : public Deferred {
 public:
  using Deferred::Deferred;

  int replay() {
    const inbox::ReplayPlan plan{canary_size(), rate()};  // every flag is read before anything is done
    const auto wait = wait_for_canary();
    const auto edited = edited_body();
    if (flags_.stop) return take_back();
    if (edited && flags_.selection.ids.size() != 1) throw Invalid("--edited", "one event id goes with an edited body");
    auto frozen = select();
    if (!go_on("Replay", frozen)) return say({}, frozen.size());
    const auto selected_ones = frozen.size();
    admin::Replay replay(base(), std::move(frozen), plan, edited);
    if (replay.has_canary() && !canary(replay, wait)) return found_something;
    return say(replay.rest(action("replay")), selected_ones);
  }

  int discard() {
    const auto frozen = select();
    return say(go_on("Discard for good", frozen) ? admin::discard(base(), frozen, action("discard")) : admin::Sum(),
               frozen.size());
  }

  int import() {
    const auto sum = admin::import_dead_letters(base(), *cli_.bus().impl());
    std::printf(
        cli_.json() ? "{\"takenIn\":%d,\"known\":%d}\n" : "%d taken in, %d were copies of what the database knows\n",
        sum.taken_in, sum.known);
    return tell(sum.not_looked_at);
  }

 private:
  ports::OperatorAction action(const std::string& what) const {
    const char* user = std::getenv("USER");
    return {EventId::generate(), user != nullptr ? user : "unknown", what, admin::describe(flags_.selection),
            flags_.note};
  }
  std::optional<std::string> edited_body() const {
    if (flags_.edited.empty()) return {};
    std::ifstream file(flags_.edited);
    if (!file) throw Invalid("--edited", "the file '" + flags_.edited + "' cannot be read");
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  int canary_size() const {
    if (flags_.canary < 0) throw Invalid("--canary", "a number of events, 0 or more");
    return flags_.canary;
  }
  ports::Millis wait_for_canary() const {
    try {
      return service::parse_duration(flags_.wait);
    } catch (const Invalid& wrong) { throw Invalid("--wait", wrong.what()); }
  }
  double rate() const {
    if (flags_.rate.empty()) return 0;
    std::size_t end = 0;
    double value = 0;
    try {
      value = std::stod(flags_.rate, &end);
    } catch (const std::exception&) { end = 0; }
    const auto rest = flags_.rate.substr(end);
    if (end == 0 || value <= 0 || !(rest.empty() || rest == "/s"))
      throw Invalid("--rate", "'" + flags_.rate + "' is no rate; write it as 2000/s");
    return value;
  }
  bool go_on(const std::string& what, const admin::Frozen& frozen) {
    for (std::size_t i = 0; i < frozen.size() && i < 10; ++i)
      std::fprintf(stderr, "  %s  %s  %s  %s\n", frozen[i].event.id.to_string().c_str(), frozen[i].consumer.c_str(),
                   printable(frozen[i].event.type).c_str(), frozen[i].event.reason.c_str());
    if (frozen.size() > 10) std::fprintf(stderr, "  ... and %zu more\n", frozen.size() - 10);
    if (frozen.empty()) std::fputs("nothing is selected\n", stderr);
    if (frozen.empty() || flags_.dry_run) return false;
    return confirmed(what + " " + std::to_string(frozen.size()) + " event(s)?", flags_.yes);
  }
  /// The first ones alone; the rest only if these take effect.
  bool canary(admin::Replay& replay, ports::Millis wait) {
    const auto replayed = replay.canary(action("replay, canary"));
    if (!replayed.all()) return stays("the canary could not be replayed (" + replayed.words() + ")");
    const auto& clock = base().clock();
    ports::Waker pause;
    for (const auto end = clock.steady() + wait; clock.steady() < end; pause.wait_until(clock.steady() + look_again)) {
      const auto seen = replay.canary_outcome();
      if (seen.dead > 0) return stays("the canary is dead again");
      if (seen.waiting == 0) return true;
    }
    return stays("the canary was not settled within " + flags_.wait + " (is the service running?)");
  }
  bool stays(const std::string& why) const {
    std::fprintf(stderr, "%s: the rest was not replayed\n", why.c_str());
    if (cli_.json()) say({});
    return false;
  }
  /// The emergency brake: it does not ask.
  int take_back() {
    auto replayed = select(selected(), false);
    std::erase_if(replayed, [](const DeferredView& v) {
      return v.event.wait != ports::Deferred::Wait::retry || v.event.attempts > 0 || v.event.due_in <= ports::Millis(0);
    });
    return say(flags_.dry_run ? admin::Sum() : admin::take_back(base(), replayed, action("take back")));
  }
  int say(const admin::Sum& sum, std::size_t selected_ones) const {
    const int code = say(sum);
    const bool some_left = more_ && !flags_.selection.limit;
    return some_left || selected_ones < flags_.selection.ids.size() ? found_something : code;  // named, and not there
  }
  int say(const admin::Sum& sum) const {
    if (cli_.json())
      std::printf(
          "{\"done\":%d,\"outOfTurn\":%d,\"running\":%d,\"settledMeanwhile\":%d,\"atBroker\":%d,\"notInState\":%d}\n",
          sum.done, sum.out_of_turn, sum.running, sum.not_there, sum.at_broker, sum.not_in_state);
    else std::printf("%s\n", sum.words().c_str());
    return sum.all() ? ok : found_something;
  }
};

void add(CLI::App& app, Cli& cli, const std::string& name, const std::string& help, bool dead_only) {
  auto* group = app.add_subcommand(name, help)->group("Put right")->require_subcommand(1);
  auto flags = std::make_shared<DeferredFlags>();
  const auto verb = [&](const std::string& verb_name, const std::string& what, Access access, int (Command::*act)()) {
    auto* command = group->add_subcommand(verb_name, what);
    add_selection(*command, flags->selection, true);
    cli.does(*command, [&cli, flags, dead_only, access, act] {
      return (Command(cli, *flags, dead_only, flags->dry_run ? Access::look : access, usual_limit(access)).*act)();
    });
    return command;
  };
  verb("list", "one line each; exit 1 if there are any", Access::look, &Command::list);
  verb("show", "all that is known, the body too", Access::look, &Command::show);
  auto* replay = verb("replay", "run them again", Access::act, &Command::replay);
  auto* discard = verb("discard", "give them up for good", Access::act, &Command::discard);
  for (auto* command : {replay, discard}) {
    command->add_flag("--dry-run", flags->dry_run, "show the selection, do nothing");
    command->add_flag("--yes", flags->yes, "do not ask");
    command->add_option("--note", flags->note, "why; kept with the act");
  }
  replay->add_option("--canary", flags->canary, "so many first; the rest only if they take effect");
  replay->add_option("--wait", flags->wait, "for the canary to take effect")->capture_default_str();
  replay->add_option("--rate", flags->rate, "as 2000/s");
  replay->add_option("--edited", flags->edited, "file with a body that replaces the event's (one id)");
  replay->add_flag("--stop", flags->stop, "take back what was replayed and is not due yet");
  if (!dead_only) return;
  auto* import = group->add_subcommand("import", "empty the broker's DLQ into the database");
  cli.does(*import,
           [&cli, flags] { return Command(cli, *flags, true, Access::act, usual_limit(Access::act)).import(); });
}

}  // namespace

void add_deferred(CLI::App& app, Cli& cli) {
  add(app, cli, "deferred", "events a consumer set aside: retry, blocked, dead", false);
}
void add_dlq(CLI::App& app, Cli& cli) {
  add(app, cli, "dlq", "the dead among them; empties the broker's DLQ first", true);
}

}  // namespace holdfast::cli
