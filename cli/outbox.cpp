// holdfast outbox: events not sent yet, or sent again.
#include <cstdio>
#include <set>

#include "cli/cli.hpp"
#include "cli/text.hpp"
#include "event/utf8.hpp"
#include "holdfast/contract.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::cli {
namespace {

using ports::OutboxView;

struct Flags {
  admin::SelectionText selection;
  bool dry_run = false, yes = false;
  std::string note, to;
};
struct Shown {  // stable names
  std::int64_t seq = 0;
  std::string id = {}, type = {};
  std::optional<std::string> key = {};
  std::string destination = {};
  std::int64_t attempts = 0;
  bool refused = false;
  std::string lastError = {};
  Timestamp occurredAt{};
  std::optional<Timestamp> publishedAt = {};
  std::optional<std::string> envelope = {}, envelopeBase64 = {};  // show only; the second where it is not UTF-8
};

Shown shown(const OutboxView& v, bool whole) {
  const auto& e = v.row.event;
  Shown out{v.row.seq, e.id.to_string(), as_utf8(e.type)};
  if (e.key) out.key = as_utf8(*e.key);
  out.destination = as_utf8(e.destination), out.attempts = v.row.attempts, out.refused = v.row.refused;
  out.lastError = as_utf8(v.last_error), out.occurredAt = e.occurred_at, out.publishedAt = v.published_at;
  if (!whole) return out;
  const auto [envelope, in_base64] = for_json(e.envelope);
  out.envelope = envelope, out.envelopeBase64 = in_base64;
  return out;
}

std::vector<ports::RowRef> refs(const std::vector<OutboxView>& views) {
  std::vector<ports::RowRef> out;
  out.reserve(views.size());
  for (const auto& v : views) out.push_back({v.row.seq, v.row.event.id});
  return out;
}

class Command {
 public:
  Command(Cli& cli, Flags& flags, connect::Access access, int limit)
      : cli_(cli), flags_(flags), limit_(limit), store_(cli.database(access)), admin_(store_.impl()->admin()) {}

  int list() {
    const auto found = pending();
    if (cli_.json()) return print_json(found, false), found.empty() ? ok : found_something;
    std::vector<std::vector<std::string>> rows;
    rows.reserve(found.size());
    for (const auto& v : found)
      rows.push_back({std::to_string(v.row.seq), v.row.event.id.to_string(), v.row.event.type,
                      v.row.event.key.value_or("-"), std::to_string(v.row.attempts),
                      v.row.refused ? "refused" : "pending", event::fit(v.last_error, 60)});
    std::fputs(table({"SEQ", "EVENT", "TYPE", "KEY", "TRIES", "STATE", "ERROR"}, rows).c_str(), stdout);
    if (rows.empty()) std::puts("nothing is pending");
    return rows.empty() ? ok : found_something;
  }
  int show() {
    auto found = pending();
    if (found.empty()) found = published();
    if (cli_.json()) return print_json(found, true), found.empty() ? found_something : ok;
    for (const auto& v : found) {
      std::printf("%s  seq %lld  %s\n  type %s  key %s  tries %d  %s\n", v.row.event.id.to_string().c_str(),
                  static_cast<long long>(v.row.seq),
                  v.published_at  ? ("published " + to_iso8601(*v.published_at)).c_str()
                  : v.row.refused ? "refused"
                                  : "pending",
                  printable(v.row.event.type).c_str(), printable(v.row.event.key.value_or("-")).c_str(), v.row.attempts,
                  printable(v.last_error).c_str());
      print_body(v.row.event.envelope);
    }
    if (found.empty()) std::fputs("nothing is selected\n", stderr);
    return found.empty() ? found_something : ok;
  }
  int retry() {
    auto found = pending();
    std::erase_if(found, [](const OutboxView& v) { return !v.row.refused; });
    return act("Send again", found, [&] { return admin_->retry_refused(refs(found), action("outbox retry")); });
  }
  int discard() {
    const auto found = pending();
    return act("Discard, never sent,", found,
               [&] { return admin_->discard_pending(refs(found), action("outbox discard")); });
  }
  int republish() {
    auto found = published();
    std::set<EventId> once;  // sent again before, it is there twice
    std::erase_if(found, [&](const OutboxView& v) { return !once.insert(v.row.event.id).second; });
    return act("Publish once more", found,
               [&] { return admin_->republish(refs(found), flags_.to, action("outbox republish")); });
  }

 private:
  std::vector<OutboxView> pending() {
    return first([this](const ports::Selection& s) { return admin_->pending(s); });
  }
  std::vector<OutboxView> published() {
    return first([this](const ports::Selection& s) { return admin_->published(s); });
  }
  template <class Find>
  std::vector<OutboxView> first(Find find) {
    return pick(admin::parse(flags_.selection, cli_.now(), limit_), more_, find);
  }
  ports::OperatorAction action(const std::string& what) const {
    const char* user = std::getenv("USER");
    return {EventId::generate(), user != nullptr ? user : "unknown", what, admin::describe(flags_.selection),
            flags_.note};
  }
  template <class Act>
  int act(const std::string& what, const std::vector<OutboxView>& found, Act act) {
    for (std::size_t i = 0; i < found.size() && i < 10; ++i)
      std::fprintf(stderr, "  %s  %s  key %s\n", found[i].row.event.id.to_string().c_str(),
                   printable(found[i].row.event.type).c_str(), printable(found[i].row.event.key.value_or("-")).c_str());
    if (found.size() > 10) std::fprintf(stderr, "  ... and %zu more\n", found.size() - 10);
    if (found.empty()) std::fputs("nothing is selected\n", stderr);
    const bool go_on = !found.empty() && !flags_.dry_run &&
                       confirmed(what + " " + std::to_string(found.size()) + " event(s)?", flags_.yes);
    const int done = go_on ? act() : 0;
    std::printf(cli_.json() ? "{\"done\":%d}\n" : "%d done\n", done);
    if (found.size() < flags_.selection.ids.size()) return found_something;  // named, and not there
    if (more_ && !flags_.selection.limit) return found_something;  // not all is done
    return !go_on || done == static_cast<int>(found.size()) ? ok : found_something;
  }
  static void print_json(const std::vector<OutboxView>& found, bool whole) {
    std::vector<Shown> rows;
    rows.reserve(found.size());
    for (const auto& v : found) rows.push_back(shown(v, whole));
    std::printf("%s\n", Codec<std::vector<Shown>>::encode(rows).c_str());
  }

  Cli& cli_;
  Flags& flags_;
  int limit_;  // the usual one
  bool more_ = false;  // than was selected
  Store store_;
  std::unique_ptr<ports::AdminStore> admin_;
};

}  // namespace

void add_outbox(CLI::App& app, Cli& cli) {
  auto* group =
      app.add_subcommand("outbox", "events not sent yet, or sent again")->group("Put right")->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  using connect::Access;
  const auto verb = [&](const std::string& name, const std::string& what, Access access, int (Command::*act)()) {
    auto* command = group->add_subcommand(name, what);
    add_selection(*command, flags->selection, false);
    cli.does(*command, [&cli, flags, access, act] {
      return (Command(cli, *flags, flags->dry_run ? Access::look : access, usual_limit(access)).*act)();
    });
    return command;
  };
  verb("list", "one line each; exit 1 if there are any", Access::look, &Command::list);
  verb("show", "all that is known of them, pending or published", Access::look, &Command::show);
  auto* republish =
      verb("republish", "send published ones again; duplicates are absorbed", Access::act, &Command::republish);
  republish->add_option("--to", flags->to, "one queue only [everybody]");
  for (auto* command : {verb("retry", "refused ones: let the relay try again", Access::act, &Command::retry),
                        verb("discard", "never send them", Access::act, &Command::discard), republish}) {
    command->add_flag("--dry-run", flags->dry_run, "show the selection, do nothing");
    command->add_flag("--yes", flags->yes, "do not ask");
    command->add_option("--note", flags->note, "why; kept with the act");
  }
}

}  // namespace holdfast::cli
