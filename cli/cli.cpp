#include "cli/cli.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "cli/text.hpp"
#include "holdfast/errors.hpp"
#include "ports/clock.hpp"
#include "ports/transport_base.hpp"
#include "service/keys.hpp"
#include "service/options.hpp"

namespace holdfast::cli {

Cli::Cli(CLI::App& app) : config_(service::service_keys({.name = "holdfast", .listen = "127.0.0.1:8080"})), app_(app) {
  config_.leave_other_sections();
  app.add_option("--config", file_, "TOML file of the service");
  app.add_option("--database", databases_, "sqlite:PATH or postgres://user@host/db; migrate and status take several")
      ->allow_extra_args(false);
  app.add_option("--broker", broker_, "sqlite:PATH of the bus, or amqp://user@host/vhost");
  app.add_flag("--json", json_, "for programs: one JSON document");
  app.add_flag("--print-config", print_config_, "show each value and where it came from; do nothing else")
      ->excludes("--json");
  add_keys();
}

/// The rule of all programs: each key is a flag too. They are not in the help, which would be all of them.
void Cli::add_keys() {
  for (const auto& key : config_.keys())
    if (key.name != "name") app_.add_option(service::flag_of(key.name), keys_[key.name])->group("");
}

void Cli::read() {
  if (!file_.empty()) config_.read_file(file_);
  config_.read_environment(environ);
  for (const auto& [key, value] : keys_)
    if (app_.count(service::flag_of(key)) > 0) config_.set(key, value, service::flag_of(key));
  if (!databases_.empty()) config_.set("database.url", databases_.front(), "--database");
  if (!broker_.empty()) config_.set("broker.url", broker_, "--broker");
}

int Cli::print_config() {
  read();
  for (const auto* url : {"database.url", "broker.url"})  // a service has one anyway, a command is told which
    if (!config_.is_set(url)) config_.set(url, "", "not named");
  std::fputs(config_.print().c_str(), stdout);
  return ok;
}

std::vector<std::string> Cli::database_urls() const {
  if (!databases_.empty()) return databases_;
  if (!config_.is_set("database.url"))
    throw Invalid("--database",
                  "which database? Name it: holdfast --database sqlite:orders.db ..., or HOLDFAST_DATABASE_URL, or "
                  "--config FILE");
  return {config_.text("database.url")};
}

std::string Cli::database_url() const {
  const auto urls = database_urls();
  if (urls.size() > 1) throw Invalid("--database", "this command works on one database; run it for each");
  return urls.front();
}

bool is_there(const std::string& url) {
  const auto [scheme, path] = connect::split(url);
  return scheme != "sqlite" || std::filesystem::exists(path);
}

Store Cli::unchecked(const std::string& url, connect::Access access) const {
  auto limits = service::store_limits(config_);
  limits.access = access;
  return connect::open_store(url, limits);
}

Store Cli::existing(const std::string& url, connect::Access access) const {
  if (!is_there(url))
    throw Unavailable(connect::split(url).rest + ": there is no such file; `holdfast migrate` makes a new one");
  return unchecked(url, access);
}

Store Cli::open(const std::string& url, connect::Access access) const {
  Store store = existing(url, access);
  refusing([&] { store.impl()->check_schema(); });
  return store;
}

Transport Cli::bus() const {
  require_broker();
  const auto& url = config_.text("broker.url");
  if (!is_there(url))
    throw Unavailable(connect::split(url).rest +
                      ": no such bus; the services, or `holdfast relay`, make it when they start");
  return open_bus();
}

Transport Cli::open_bus() const {
  require_broker();
  std::optional<Transport> bus;
  refusing([&] {
    bus.emplace(service::open_broker(config_));
    try {
      (void)bus->impl()->topology().depth("");  // what never will be a bus says so at once
    } catch (const Unavailable&) {}  // one that is away is waited for, or not, by whoever works with it
  });
  return *bus;
}

void Cli::require_broker() const {
  if (!config_.is_set("broker.url"))
    throw Invalid("--broker", "which bus? Name it: --broker sqlite:bus.db, or HOLDFAST_BROKER_URL");
}

Timestamp Cli::now() const { return ports::system_clock().utc(); }

void Cli::does(CLI::App& command, std::function<int()> body) {
  tells(command, [this, body = std::move(body)] {
    if (print_config_) return print_config();
    read();
    service::check_together(config_);
    return body();
  });
}

void Cli::tells(CLI::App& command, std::function<int()> body) {
  command.callback([this, body = std::move(body)] { code_ = body(); });
}

void add_selection(CLI::App& command, admin::SelectionText& s, bool of_consumers) {
  if (of_consumers) {
    command.add_option("--consumer", s.consumer, "as inventory");
    command.add_option("--reason", s.reason,
                       "exhausted, rejected, invalid, no_handler, crash_loop, too_old, id_reused, broker");
  }
  command.add_option("--error", s.error, "a part of the error's text");
  command.add_option("--type", s.type, "as order.created.v1, or order.created.* for each version");
  command.add_option("--key", s.key, "aggregate id");
  command.add_option("--since", s.since, "2h, or 2025-08-22T09:30:00Z");
  command.add_option("--until", s.until, "likewise");
  command.add_option("--limit", s.limit,
                     "most rows [" + std::to_string(admin::most_listed) +
                         "; to act on: " + std::to_string(admin::most_acted_on) + "]");
  command.add_option("ids", s.ids, "event ids");
}

int usual_limit(connect::Access access) {
  return access == connect::Access::act ? admin::most_acted_on : admin::most_listed;
}

std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows) {
  if (rows.empty()) return "";
  std::vector<std::size_t> width(head.size());
  const auto measure = [&](const auto& row) {
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], printable(row[i]).size());
  };
  measure(head);
  for (const auto& row : rows) measure(row);
  std::string out;
  const auto print = [&](const auto& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", printable(row[i]), width[i]);
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  };
  print(head);
  for (const auto& row : rows) print(row);
  return out;
}

std::string age(std::chrono::milliseconds span) {
  const auto s = std::chrono::duration_cast<std::chrono::seconds>(span).count();
  if (s < 120) return std::to_string(s) + " s";
  if (s < 7200) return std::to_string(s / 60) + " min";
  return s < 172'800 ? std::to_string(s / 3600) + " h" : std::to_string(s / 86'400) + " d";
}

bool confirmed(const std::string& question, bool yes) {
  if (yes) return true;
  if (isatty(STDIN_FILENO) == 0)
    throw Invalid("--yes", question + " Nothing was done: say --yes, or --dry-run to only look");
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace holdfast::cli
