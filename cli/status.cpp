// holdfast status: one screen for one or several databases.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "cli/cli.hpp"
#include "holdfast/contract.hpp"
#include "holdfast/errors.hpp"
#include "ports/clock.hpp"
#include "ports/waker.hpp"

namespace holdfast::cli {
namespace {

constexpr ports::Millis look_again{2000};

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

DatabaseJson look(const Cli& cli, const std::string& url) {
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

std::string as_text(const DatabaseJson& d) {
  const auto oldest = d.pending > 0 ? ", the oldest " + age(std::chrono::milliseconds(d.oldestPendingMs)) + " old" : "";
  std::string out = fmt::format("{}\n  outbox: {} pending{}, {} refused, {} published and kept\n", d.database,
                                d.pending, oldest, d.refused, d.published);
  out += d.leaseLeftMs > 0 ? fmt::format("  relay: {}\n", d.leaseOwner) : "  relay: none sends for this outbox\n";
  std::vector<std::vector<std::string>> rows;
  for (const auto& c : d.consumers)
    rows.push_back({"  " + c.consumer, std::to_string(c.handled), std::to_string(c.retry + c.retrying),
                    std::to_string(c.blocked), std::to_string(c.dead), c.queue});
  return out + table({"  CONSUMER", "HANDLED", "RETRY", "BLOCKED", "DEAD", "QUEUE"}, rows);
}

int show(Cli& cli) {
  std::vector<DatabaseJson> all;
  bool trouble = false;
  for (const auto& url : cli.database_urls()) {
    all.push_back(look(cli, url));
    trouble = trouble || all.back().refused > 0;
    for (const auto& c : all.back().consumers) trouble = trouble || c.dead > 0;
  }
  if (cli.json()) std::printf("%s\n", Codec<std::vector<DatabaseJson>>::encode(all).c_str());
  else
    for (const auto& d : all) std::fputs((as_text(d) + "\n").c_str(), stdout);
  std::fflush(stdout);
  return trouble ? found_something : ok;
}

}  // namespace

void add_status(CLI::App& app, Cli& cli) {
  auto watch = std::make_shared<bool>(false);
  auto* command =
      app.add_subcommand("status",
                         "one screen: pending, oldest, deferred, dead, lease; exit 1 if anything is dead or refused")
          ->group("Look");
  command->add_flag("--watch", *watch, "again every 2 s, until Ctrl-C");
  cli.does(*command, [&cli, watch] {
    if (!*watch) return show(cli);
    for (ports::Waker pause;;) {
      if (!cli.json() && isatty(STDOUT_FILENO) == 1) std::fputs("\033[H\033[2J", stdout);
      show(cli);
      pause.wait_until(ports::system_clock().steady() + look_again);
    }
  });
}

}  // namespace holdfast::cli
