// What all commands share: configuration, the database they work on, text or JSON.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "admin/selection.hpp"
#include "connect/connect.hpp"
#include "holdfast/connect.hpp"
#include "holdfast/errors.hpp"
#include "ports/store_base.hpp"
#include "service/config.hpp"

namespace holdfast::cli {

constexpr int ok = 0, found_something = 1, usage = 2, refused = 3;

class Cli {
 public:
  explicit Cli(CLI::App& app);

  /// The databases that were named; Invalid (exit 2) if none was.
  std::vector<std::string> database_urls() const;
  /// Unavailable (exit 3) unless it is there and has our tables. look: nothing in it can be changed, nothing beside it is made.
  Store open(const std::string& url, connect::Access access) const;
  /// The same, but its tables are not looked at.
  Store existing(const std::string& url, connect::Access access) const;
  /// As it is, not looked at.
  Store unchecked(const std::string& url, connect::Access access) const;
  /// The bus, which must be there: only programs and `relay` make one. Invalid if none was named, else Unavailable.
  Transport bus() const;
  Transport open_bus() const;  // made where it is not there
  void require_broker() const;
  Store database(connect::Access access) const { return open(database_url(), access); }
  /// The one that was named: Invalid where there are several.
  std::string database_url() const;
  const service::Config& config() const { return config_; }
  bool json() const { return json_; }
  Timestamp now() const;

  /// A command's way to say its exit code. File, environment and the global flags are read before it runs.
  void does(CLI::App& command, std::function<int()> body);
  /// The same for one that needs no configuration, and works where that is wrong.
  void tells(CLI::App& command, std::function<int()> body);
  int code() const { return code_; }
  bool asked_to_print() const { return print_config_; }
  /// --print-config: each key, as a service prints them.
  int print_config();

 private:
  void read();
  void add_keys();

  service::Config config_;
  CLI::App& app_;
  std::map<std::string, std::string> keys_;  // flags, as --relay-in-flight
  std::string file_, broker_;
  std::vector<std::string> databases_;
  bool json_ = false, print_config_ = false;
  int code_ = ok;
};

/// false: an SQLite file that does not exist, and that opening would make.
bool is_there(const std::string& url);

/// What a database says of its tables is no mistake on the command line: exit 3.
template <class Body>
void refusing(Body body) {
  try {
    body();
  } catch (const Invalid& wrong) { throw Unavailable(wrong.what()); }
}

/// --error --type --key --since --until --limit, and ids; of_consumers: --consumer --reason too.
void add_selection(CLI::App& command, admin::SelectionText& selection, bool of_consumers);

/// What a command takes of a selection where no --limit is typed: an act, all of it.
int usual_limit(connect::Access access);
/// What was selected. more: there is more of it, which is said on stderr; one more than wanted is asked for.
template <class Find>
auto pick(ports::Selection selection, bool& more, Find find) {
  const auto most = static_cast<std::size_t>(selection.limit++);
  auto found = find(selection);
  more = found.size() > most;
  if (more) {
    found.erase(found.begin() + static_cast<std::ptrdiff_t>(most), found.end());
    std::fprintf(stderr, "the first %zu, there are more; --limit takes more\n", most);
  }
  return found;
}

/// Columns for people, padded; "" where there are no rows.
std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows);
/// "3 s", "2 h": how long ago.
std::string age(std::chrono::milliseconds span);
/// Asks on a terminal; elsewhere only --yes goes on.
bool confirmed(const std::string& question, bool yes);

void add_demo(CLI::App& app, Cli& cli);
void add_up(CLI::App& app, Cli& cli);
void add_relay(CLI::App& app, Cli& cli);
void add_migrate(CLI::App& app, Cli& cli);
void add_topology(CLI::App& app, Cli& cli);
void add_status(CLI::App& app, Cli& cli);
void add_outbox(CLI::App& app, Cli& cli);
void add_deferred(CLI::App& app, Cli& cli);
void add_dlq(CLI::App& app, Cli& cli);
void add_publish(CLI::App& app, Cli& cli);

}  // namespace holdfast::cli
