// holdfast status: one screen for one or several databases. What it shows is asked for like the gauges, so it costs little while it
// watches; only --json counts all that is over, too.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/cli.hpp"
#include "cli/text.hpp"
#include "holdfast/contract.hpp"
#include "holdfast/errors.hpp"
#include "ports/clock.hpp"
#include "ports/waker.hpp"

namespace holdfast::cli {
namespace {

constexpr ports::Millis look_again{2000}, rate_of{10'000};

struct ConsumerJson {
  std::string consumer, queue;
  std::int64_t handled = 0, retrying = 0, retry = 0, blocked = 0, dead = 0, discarded = 0;
};
struct DatabaseJson {  // stable names
  std::string database;
  std::int64_t schema = 0, pending = 0, refused = 0, published = 0, oldestPendingMs = 0, leaseLeftMs = 0;
  std::string leaseOwner;
  std::vector<ConsumerJson> consumers;
};

DatabaseJson count_all(const Cli& cli, const std::string& url) {
  const Store store = cli.open(url, connect::Access::look);
  const auto s = store.impl()->admin()->status();
  const auto now = cli.now();
  const auto oldest =
      s.oldest_pending ? std::chrono::duration_cast<std::chrono::milliseconds>(now - *s.oldest_pending).count() : 0;
  DatabaseJson out{store.impl()->name(), s.schema_version, s.pending, s.refused, s.published, oldest,
                   s.lease_left.count(), s.lease_owner,    {}};
  for (const auto& c : s.consumers)
    out.consumers.push_back({c.consumer, c.queue, c.handled, c.retrying, c.retry, c.blocked, c.dead, c.discarded});
  return out;
}

/// "~1,000,000": counted no further than that, and estimated.
std::string number(std::int64_t n) {
  std::string digits = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return (n > ports::Waiting::counted ? "~" : "") + digits;
}

std::string rate(std::int64_t events) {
  const auto a_second = static_cast<double>(events) * 1000 / static_cast<double>(rate_of.count());
  return fmt::format("{}{:.{}f}/s", events >= ports::Lately::counted ? ">" : "", a_second, a_second < 10 ? 1 : 0);
}

std::string since(Timestamp now, std::optional<Timestamp> then) {
  return then ? age(std::chrono::duration_cast<std::chrono::milliseconds>(std::max(now - *then, {}))) : "-";
}

/// "sqlite:/var/lib/holdfast/order.db" -> "order.db", "postgres://shop@db/order" -> "order"; as it is where that says nothing.
std::string short_name(const std::string& database) {
  const auto name = database.substr(database.find_last_of("/:") + 1);
  return name.empty() ? database : name;
}

struct Screen {
  std::vector<std::vector<std::string>> outboxes, consumers;
  std::vector<std::string> troubles;
  bool trouble = false;  // dead or refused

  void add(const std::string& name, Timestamp now, const ports::Waiting& w, const ports::Lately& lately) {
    outboxes.push_back({name, number(w.pending), since(now, w.oldest_pending), number(w.refused),
                        rate(lately.published), w.lease_left > ports::Millis(0) ? w.lease_owner : "none"});
    for (const auto& c : w.consumers) {
      std::int64_t settled = 0;
      for (const auto& [consumer, n] : lately.settled) settled += consumer == c.consumer ? n : 0;
      consumers.push_back({name, c.consumer, number(c.retry + c.retrying), number(c.blocked),
                           since(now, c.blocked_since), number(c.dead), rate(settled)});
      trouble = trouble || c.dead > 0;
    }
    trouble = trouble || w.refused > 0;
  }
};

/// One that does not answer must not hide the others; alone, it is the command's own failure.
Screen look_at_all(const Cli& cli) {
  Screen screen;
  const auto urls = cli.database_urls();
  for (const auto& url : urls) try {
      const Store store = cli.open(url, connect::Access::look);
      const auto admin = store.impl()->admin();
      screen.add(short_name(store.impl()->name()), cli.now(), admin->waiting(), admin->lately(rate_of));
    } catch (const Unavailable& away) {
      if (urls.size() == 1) throw;
      screen.troubles.push_back(away.what());
    }
  return screen;
}

/// Columns of a terminal; elsewhere, lines are left as long as they are.
std::size_t columns() {
  winsize size{};
  const bool known = isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : std::string::npos;
}

std::string cut(const std::string& text, std::size_t width) {
  std::string out;
  for (std::size_t at = 0, end = 0; at < text.size(); at = end + 1) {
    end = std::min(text.find('\n', at), text.size());
    out += text.substr(at, std::min(end - at, width)) + "\n";
  }
  return out;
}

std::string as_text(const Screen& screen) {
  auto out = table({"OUTBOX", "PENDING", "OLDEST", "REFUSED", "SENT", "RELAY"}, screen.outboxes);
  if (!screen.consumers.empty())
    out += "\n" + table({"CONSUMER OF", "NAME", "RETRY", "BLOCKED", "FOR", "DEAD", "SETTLED"}, screen.consumers);
  for (const auto& trouble : screen.troubles) out += "\nnot seen: " + printable(trouble) + "\n";
  return out;
}

int show_json(const Cli& cli) {
  std::vector<DatabaseJson> all;
  for (const auto& url : cli.database_urls()) all.push_back(count_all(cli, url));
  std::printf("%s\n", Codec<std::vector<DatabaseJson>>::encode(all).c_str());
  const bool trouble = std::ranges::any_of(all, [](const auto& d) {
    return d.refused > 0 || std::ranges::any_of(d.consumers, [](const auto& c) { return c.dead > 0; });
  });
  return trouble ? found_something : ok;
}

/// before: what clears the screen, written with it, so that it does not flicker.
int show(const Cli& cli, const std::string& before) {
  const Screen screen = look_at_all(cli);
  std::fputs((before + cut(as_text(screen), columns())).c_str(), stdout);
  if (!screen.troubles.empty()) return refused;
  return screen.trouble ? found_something : ok;
}

int watch(const Cli& cli) {
  const bool clears = isatty(STDOUT_FILENO) == 1;
  for (ports::Waker pause;;) {
    const auto head =
        fmt::format("{}holdfast status, {} UTC, every {} s; Ctrl-C ends\n\n", clears ? "\033[H\033[2J" : "",
                    to_iso8601(cli.now()).substr(11, 8), look_again.count() / 1000);
    std::string away;
    try {
      if (cli.json()) show_json(cli);
      else show(cli, head);
    } catch (const Unavailable& failed) { away = failed.what(); }
    if (!away.empty()) std::fputs((cli.json() ? "" : head + "not seen: " + printable(away) + "\n").c_str(), stdout);
    std::fflush(stdout);
    pause.wait_until(ports::system_clock().steady() + look_again);
  }
}

}  // namespace

void add_status(CLI::App& app, Cli& cli) {
  auto watches = std::make_shared<bool>(false);
  auto* command =
      app.add_subcommand("status",
                         "one screen: pending, oldest, deferred, dead, lease; exit 1 if anything is dead or refused")
          ->group("Look");
  command->add_flag("--watch", *watches, "again every 2 s, until Ctrl-C");
  cli.does(*command, [&cli, watches] {
    if (*watches) return watch(cli);
    return cli.json() ? show_json(cli) : show(cli, "");
  });
}

}  // namespace holdfast::cli
