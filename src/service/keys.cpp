#include "service/keys.hpp"

#include <tuple>

#include "connect/connect.hpp"
#include "http/address.hpp"
#include "http/collector.hpp"
#include "ports/publisher.hpp"
#include "service/options.hpp"
#include "service/units.hpp"

namespace holdfast::service {

Transport open_broker(const Config& config) {
  return connect::open_transport(config.text("broker.url"), broker_options(config));
}

std::vector<Key> service_keys(const Defaults& d) {
  using enum Kind;
  std::vector<Key> keys = {
      {"name", d.name, "producer, log and metric label"},
      {"database.url", d.database_url.empty() ? "sqlite:" + d.name + ".db" : d.database_url,
       "sqlite:PATH, postgres://user@host:5432/db"},
      {"database.connections", "10", "most at a time", integer},
      {"database.acquire_timeout", "5s", "wait for a connection; beyond it 503 with Retry-After", duration},
      {"database.migrate", "true", "create or upgrade Holdfast's tables at start; false: refuse an older schema",
       boolean},
      {"database.pooler", "false", "true: behind PgBouncer and its like (PostgreSQL); nothing is kept in a session",
       boolean},
      {"broker.url", "sqlite:holdfast-bus.db",
       "sqlite:PATH, amqp://user@host:5672/vhost, amqps://, kafka://host:9092,host:9092, kafka+tls://"},
      {"broker.exchange", "orders.exchange", "RabbitMQ: the topic exchange that all publish to"},
      {"broker.topology",
       "declare",
       "RabbitMQ, Kafka: verify makes no queue or topic, it only looks whether they are there",
       choice,
       {"declare", "verify"}},
      {"broker.tls_ca", "",
       "amqps, kafka+tls: PEM file of the CA that signed the broker's certificate; default: the system's"},
      {"broker.tls_cert", "", "amqps, kafka+tls: PEM file of our own certificate, where the broker asks for one"},
      {"broker.tls_key", "", "amqps, kafka+tls: PEM file of its key; default: in the same file"},
      {"broker.sasl",
       "none",
       "Kafka: how username and password are shown",
       choice,
       {"none", "plain", "scram-sha-256", "scram-sha-512"}},
      {"broker.username", "", "Kafka: with broker.sasl"},
      {"broker.password",
       "",
       "Kafka: with broker.sasl; HOLDFAST_BROKER_PASSWORD_FILE reads it from a file",
       text,
       {},
       true},
      {"broker.topics", "", "Kafka: types that share a topic, as order.*=orders, stock.#=stock; default: type = topic"},
      {"broker.partitions", "12", "Kafka: of each topic; more at the broker are not written to", integer},
      {"broker.replication", "0", "Kafka: copies of topics that are made here; 0: the broker's default", integer},
      {"broker.instance", "",
       "Kafka: static membership; unique among a service's instances, the same after a restart, as the pod's name"},
      {"broker.rebalance",
       "eager",
       "Kafka: the same for all members of a group; cooperative needs librdkafka 2.10",
       choice,
       {"eager", "cooperative"}},
      {"http.listen", d.listen, "host:port; port 0 = any, printed in the ready line"},
      {"http.workers", "16", "threads that run HTTP handlers; twice the cores is faster where PostgreSQL shares them",
       integer},
      {"http.max_connections", "1024", "beyond it 503", integer},
      {"http.max_body", "1MiB", "beyond it 413", size},
      {"relay.mode",
       "in_process",
       "elsewhere: `holdfast relay` sends this outbox",
       choice,
       {"in_process", "elsewhere"}},
      {"relay.in_flight", "1000", "most events published and not yet confirmed; up to 2000", integer},
      {"relay.listen", "", "of `holdfast relay`: host:port of its health and metrics; default: none"},
      {"consumer.ordering",
       "",
       "by_key or none, for every subscription; default: as coded",
       choice,
       {"", "by_key", "none"}},
      {"consumer.concurrency", "", "keys handled at a time; default: as coded (8; SQLite: 1)", integer},
      {"consumer.batch", "", "most events in one transaction; where 1 is coded it stays; default: as coded (64)",
       integer},
      {"consumer.handler_deadline", "", "a handler past it ends the process; default: as coded (5m)", duration},
      {"dlq.import", "on_demand", "always: the broker's DLQ is emptied as it fills", choice, {"on_demand", "always"}},
      {"retention.published", "7d",
       "published events are kept so long, in whole hours; 0s: to the next clean-up, each minute", duration},
      {"retention.inbox", "14d", "the dedupe window, in whole hours; at least retention.published + 1d", duration},
      {"shutdown.deadline", "30s",
       "requests and handlers get so long to finish, all together (the relay's last statement: 12 s more); then code "
       "70",
       duration},
      {"log.level", "info", "", choice, {"debug", "info", "warning", "error"}},
      {"log.format", "auto", "auto: text on a terminal, else JSON lines", choice, {"auto", "text", "json"}},
      {"trace.endpoint",
       "",
       "http://host:port of an OpenTelemetry collector (OTLP over HTTP); empty: no spans",
       Kind::text,
       {},
       false,
       "OTEL_EXPORTER_OTLP_ENDPOINT"},
      {"trace.sample", "parent",
       "a trace from elsewhere: as its sender says; of those that begin here all, or this share: 0.1"},
      {"trace.service", "", "service.name of the spans; default: name", Kind::text, {}, false, "OTEL_SERVICE_NAME"},
  };
  for (const Setting& s : d.settings) keys.push_back({s.key, s.default_value, s.help});
  return keys;
}

void check_together(const Config& config) {
  using namespace std::chrono_literals;
  const auto where = [&](const std::string& key) { return config.from(key).empty() ? key : config.from(key); };
  const auto bounds = [&](const char* key, std::int64_t most) {
    if (config.text(key).empty()) return;
    if (const auto n = config.integer(key); n < 1 || n > most)
      throw Invalid(where(key), std::string(key) + ": 1 to " + std::to_string(most));
  };
  const auto address = [&](const char* key, auto read) {
    try {
      read(config.text(key));
    } catch (const Invalid& wrong) {
      throw Invalid(where(key), wrong.where() == key ? wrong.reason() : std::string(key) + ": " + wrong.what());
    }
  };
  if (config.text("name").empty()) throw Invalid(where("name"), "name: is empty");
  for (const auto* key : {"retention.published", "retention.inbox"})
    if (config.duration(key) % std::chrono::hours(1) != std::chrono::milliseconds(0))
      throw Invalid(where(key), std::string(key) + ": whole hours, as 36h or 7d");
  if (config.duration("retention.inbox") < config.duration("retention.published") + std::chrono::hours(24))
    throw Invalid(where("retention.inbox"),
                  "retention.inbox must be at least retention.published + 1d: what is sent again must still be known "
                  "as a duplicate");
  for (const auto* key : {"database.connections", "http.workers", "http.max_connections"}) bounds(key, 100'000);
  bounds("relay.in_flight", ports::most_in_flight);
  for (const auto* key : {"consumer.concurrency", "consumer.batch"}) bounds(key, 10'000);
  for (const auto& [key, least, most] :
       {std::tuple{"database.acquire_timeout", 1ms, 24h}, {"shutdown.deadline", 0ms, 24h}})
    if (const auto d = config.duration(key); d < least || d > most)
      throw Invalid(where(key), std::string(key) + ": " + (d > most ? "at most 24h" : "at least 1ms"));
  if (config.size("http.max_body") < 1) throw Invalid(where("http.max_body"), "http.max_body: at least 1");
  if (!config.text("consumer.handler_deadline").empty() &&
      config.duration("consumer.handler_deadline") < std::chrono::seconds(1))
    throw Invalid(where("consumer.handler_deadline"), "consumer.handler_deadline: at least 1s");
  address("http.listen", http::require_address);
  address("trace.sample", parse_sample);
  if (!config.text("trace.endpoint").empty()) address("trace.endpoint", http::require_collector);
  if (!config.text("relay.listen").empty()) address("relay.listen", http::require_address);
  address("database.url", [](const std::string& url) { (void)open_store(url); });     // touches nothing
  address("broker.url", [&](const std::string&) { (void)open_broker(config); });  // likewise
}

}  // namespace holdfast::service
