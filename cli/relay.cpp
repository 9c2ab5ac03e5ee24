// holdfast relay: sends the outbox of a database, for services that publish by SQL or run with relay.mode = elsewhere.
#include <cstdio>
#include <optional>

#include "cli/cli.hpp"
#include "holdfast/errors.hpp"
#include "holdfast/host.hpp"
#include "host/signals.hpp"
#include "service/await_database.hpp"
#include "service/health.hpp"
#include "service/logging.hpp"
#include "service/options.hpp"
#include "service/tracing.hpp"

namespace holdfast::cli {

namespace {

constexpr const char* name = "holdfast-relay";

HostOptions options_of(const Cli& cli) {
  const auto& config = cli.config();
  HostOptions options{
      .name = name, .store = cli.existing(cli.database_url(), connect::Access::act), .transport = cli.open_bus()};
  options.migrate = config.boolean("database.migrate");
  options.in_flight = static_cast<int>(config.integer("relay.in_flight"));
  options.keep_published = std::chrono::duration_cast<std::chrono::hours>(config.duration("retention.published"));
  options.log = service::log_to_stderr(config, name);
  options.log_level = service::level_of(config);
  options.trace = service::tracing(config, name, options.log);
  return options;
}

/// Health and metrics, where relay.listen says so.
void serve(std::optional<http::Server>& server, Host& host, std::optional<http::ServerOptions> options) {
  if (!options) return;
  service::serve_health(host, server.emplace(std::move(*options)));
  server->start();
}

void say_ready(const std::optional<http::Server>& server) {
  const auto http = server ? R"(,"http":")" + server->url() + "\"" : "";
  std::printf("{\"ready\":true,\"name\":\"%s\"%s}\n", name, http.c_str());
  std::fflush(stdout);
}

int send(const Cli& cli) {
  const host::Signals signals;
  cli.require_broker();
  const auto& config = cli.config();
  const HostOptions options = options_of(cli);
  std::optional<http::Server> server;
  std::optional<Host> host;
  bool began = false;
  refusing([&] {
    began = service::await_database(options.store.dialect(), signals, telemetry::Log(options.log), [&] {
      host.reset();
      options.store.impl()->check_schema();
      host.emplace(options).start();
    });
  });
  if (!began) return ok;
  serve(server, *host, service::relay_http_options(config, options.log));
  say_ready(server);
  signals.wait();
  if (server) server->stop();
  host->stop(std::chrono::ceil<std::chrono::seconds>(config.duration("shutdown.deadline")));
  return ok;
}

}  // namespace

void add_relay(CLI::App& app, Cli& cli) {
  auto* command = app.add_subcommand("relay", "send the outbox of a database, until a signal")->group("Run");
  cli.does(*command, [&cli] { return send(cli); });
}

}  // namespace holdfast::cli
