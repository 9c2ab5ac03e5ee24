// main() of a service: configuration, logs, host, HTTP, signals, exit codes.
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <optional>

#include "holdfast/service.hpp"
#include "host/impl.hpp"
#include "host/signals.hpp"
#include "ports/store_base.hpp"
#include "service/await_database.hpp"
#include "service/command_line.hpp"
#include "service/health.hpp"
#include "service/keys.hpp"
#include "service/options.hpp"
#include "telemetry/log.hpp"

namespace holdfast::service {
namespace {

constexpr int stopped = 0, misconfigured = 2, refused = 3;

void say_ready(const Config& config, const http::Server& server) {
  detail::JsonWriter line;
  line.begin_object();
  line.name("ready"), line.boolean(true);
  line.name("name"), line.string(config.text("name"));
  line.name("http"), line.string(server.url());
  line.end_object();
  std::printf("%s\n", line.take().c_str());
  std::fflush(stdout);
}

/// A connection is a file: http.max_connections and the databases' are not to meet the usual limit of 1024.
void allow_many_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// Until a signal asks to stop.
void serve(const Config& config, const host::Signals& signals,
           const std::function<void(Host&, http::Server&)>& install) {
  const HostOptions options = host_options(config);
  std::optional<http::Server> server;
  std::optional<Host> host;
  const auto begin = [&] {
    host.reset(), server.reset();
    if (options.store.dialect() == Dialect::postgres)
      options.store.impl()->require_writable();  // a standby may become one
    auto http = http_options(config, options.log);
    http.trace = options.trace;
    server.emplace(std::move(http));
    host.emplace(options);
    serve_health(*host, *server);
    install(*host, *server);
    host->start();
  };
  if (!await_database(options.store.dialect(), signals, telemetry::Log(options.log), begin)) return;
  server->start();
  say_ready(config, *server);
  signals.wait();
  host->impl().stop(config.duration("shutdown.deadline"), [&server] { server->stop(); });
}

int complain(const std::string& name, const std::exception& error, int code) {
  std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
  return code;
}

}  // namespace

int run(int argc, char** argv, const Defaults& defaults, const std::function<void(Host&, http::Server&)>& install) {
  allow_many_files();
  mallopt(M_ARENA_MAX, 1);  // one heap for all threads: memory stays flat; on two cores two were not faster
  mallopt(M_TRIM_THRESHOLD, 4 << 20), mallopt(M_TOP_PAD, 1 << 20);  // else each request takes the top of the heap anew
  Config config(service_keys(defaults));
  try {
    if (!read_command_line(config, defaults.name, argc, argv)) return stopped;
    check_together(config);
  } catch (const std::exception& wrong) { return complain(defaults.name, wrong, misconfigured); }
  for (const Setting& s : defaults.settings) *s.value = config.text(s.key);
  try {
    const host::Signals signals;  // before any thread starts: all inherit the mask
    std::signal(SIGXFSZ, SIG_IGN);  // a quota that is used up is a write that fails, not the end of the process
    serve(config, signals, install);
    return stopped;
  } catch (const std::exception& error) { return complain(defaults.name, error, refused); }
}

}  // namespace holdfast::service
