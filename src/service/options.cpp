#include "service/options.hpp"

#include "service/keys.hpp"
#include "service/logging.hpp"
#include "service/tracing.hpp"
#include "service/units.hpp"
#include "telemetry/log.hpp"
#include "telemetry/trace.hpp"

namespace holdfast::service {
namespace {

int number_or_zero(const std::string& text) { return text.empty() ? 0 : static_cast<int>(parse_integer(text)); }

}  // namespace

connect::StoreLimits store_limits(const Config& c) {
  return {.connections = static_cast<int>(c.integer("database.connections")),
          .acquire_timeout = c.duration("database.acquire_timeout"),
          .pooler = c.boolean("database.pooler")};
}

connect::BrokerOptions broker_options(const Config& c) {
  using namespace std::chrono;
  return {.exchange = c.text("broker.exchange"),
          .verify_topology = c.text("broker.topology") == "verify",
          .tls_ca = c.text("broker.tls_ca"),
          .tls_cert = c.text("broker.tls_cert"),
          .tls_key = c.text("broker.tls_key"),
          .sasl = c.text("broker.sasl"),
          .username = c.text("broker.username"),
          .password = c.text("broker.password"),
          .topics = c.text("broker.topics"),
          .instance = c.text("broker.instance"),
          .partitions = static_cast<int>(c.integer("broker.partitions")),
          .replication = static_cast<int>(c.integer("broker.replication")),
          .cooperative = c.text("broker.rebalance") == "cooperative",
          .dedupe_window = duration_cast<hours>(c.duration("retention.inbox")),
          .keep_published = duration_cast<hours>(c.duration("retention.published"))};
}

HostOptions host_options(const Config& c) {
  using namespace std::chrono;
  HostOptions o{.name = c.text("name"),
                .store = connect::open_store(c.text("database.url"), store_limits(c)),
                .transport = open_broker(c)};
  o.relay = c.text("relay.mode") == "elsewhere" ? Relay::elsewhere : Relay::in_process;
  o.in_flight = static_cast<int>(c.integer("relay.in_flight"));
  o.migrate = c.boolean("database.migrate");
  o.concurrency = number_or_zero(c.text("consumer.concurrency"));
  o.batch = number_or_zero(c.text("consumer.batch"));
  if (const auto& order = c.text("consumer.ordering"); !order.empty())
    o.ordering = order == "none" ? Ordering::none : Ordering::by_key;
  if (const auto& text = c.text("consumer.handler_deadline"); !text.empty())
    o.handler_deadline = ceil<seconds>(parse_duration(text));
  o.import_dead_letters = c.text("dlq.import") == "always";
  o.dedupe_window = duration_cast<hours>(c.duration("retention.inbox"));
  o.keep_published = duration_cast<hours>(c.duration("retention.published"));
  o.log = log_to_stderr(c, c.text("name"));
  o.log_level = level_of(c);
  o.trace = tracing(c, c.text("name"), o.log);
  return o;
}

http::ServerOptions http_options(const Config& c, const LogSink& log) {
  http::ServerOptions o;
  o.on_error = [log = telemetry::Log(log)](std::string_view what) {
    log.error("a request failed", {{"error", std::string(what)}, {"trace_id", telemetry::current_trace_id()}});
  };
  o.drain_timeout =
      c.duration("shutdown.deadline") * 9 / 10;  // slow clients are left, for a handler to end in the rest
  o.listen = c.text("http.listen");
  o.workers = static_cast<int>(c.integer("http.workers"));
  if (c.text("database.url").starts_with("sqlite:")) o.patience = std::chrono::milliseconds(1);  // one writer
  o.max_connections = static_cast<int>(c.integer("http.max_connections"));
  o.max_body = static_cast<std::size_t>(c.size("http.max_body"));
  return o;
}

std::optional<http::ServerOptions> relay_http_options(const Config& c, const LogSink& log) {
  if (c.text("relay.listen").empty()) return {};
  auto o = http_options(c, log);
  o.listen = c.text("relay.listen"), o.workers = 1;
  return o;
}

}  // namespace holdfast::service
