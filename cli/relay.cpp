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

void add_relay(CLI::App& app, Cli& cli) {
  auto* command = app.add_subcommand("relay", "send the outbox of a database, until a signal")->group("Run");
  cli.does(*command, [&cli] {
    const host::Signals signals;
    const auto& config = cli.config();
    cli.require_broker();
    HostOptions options{.name = "holdfast-relay",
                        .store = cli.existing(cli.database_url(), connect::Access::act),
                        .transport = cli.open_bus()};
    options.migrate = config.boolean("database.migrate");
    options.in_flight = static_cast<int>(config.integer("relay.in_flight"));
    options.keep_published = std::chrono::duration_cast<std::chrono::hours>(config.duration("retention.published"));
    options.log = service::log_to_stderr(config, options.name);
    options.log_level = service::level_of(config);
    options.trace = service::tracing(config, options.name, options.log);
    std::optional<http::Server> server;
    std::optional<Host> host;
    const auto begin = [&] {
      host.reset();
      options.store.impl()->check_schema();
      host.emplace(options).start();
    };
    bool began = false;
    refusing(
        [&] { began = service::await_database(options.store.dialect(), signals, telemetry::Log(options.log), begin); });
    if (!began) return ok;
    if (auto http = service::relay_http_options(config, options.log)) {
      server.emplace(std::move(*http));
      service::serve_health(*host, *server);
      server->start();
    }
    std::printf("{\"ready\":true,\"name\":\"holdfast-relay\"%s}\n",
                server ? (",\"http\":\"" + server->url() + "\"").c_str() : "");
    std::fflush(stdout);
    signals.wait();
    if (server) server->stop();
    host->stop(std::chrono::ceil<std::chrono::seconds>(config.duration("shutdown.deadline")));
    return ok;
  });
}

}  // namespace holdfast::cli
