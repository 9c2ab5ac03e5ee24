// What each key does: turned alone, it changes the option that it is for, and no other.
#include "service/options.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

#include "ports/store_base.hpp"
#include "ports/transport_base.hpp"
#include "service/keys.hpp"
#include "service/tracing.hpp"

namespace holdfast::service {
namespace {

using Effects = std::map<std::string, std::string>;  // by key

std::string text(bool value) { return value ? "true" : "false"; }
template <class Rep, class Period>
std::string text(std::chrono::duration<Rep, Period> value) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(value).count()) + " ms";
}

std::string logged(const LogSink& log) {
  testing::internal::CaptureStderr();
  for (const auto level : {Level::debug, Level::info, Level::warning, Level::error}) log({level, "x", {}});
  return testing::internal::GetCapturedStderr();
}

void of_host(const HostOptions& o, Effects& out) {
  out["name"] = o.name;
  out["database.url"] = o.store.impl()->name();
  out["database.migrate"] = text(o.migrate);
  out["broker.url"] = o.transport.impl()->name();
  out["relay.mode"] = o.relay == Relay::elsewhere ? "elsewhere" : "in_process";
  out["relay.in_flight"] = std::to_string(o.in_flight);
  out["consumer.ordering"] = !o.ordering ? "" : *o.ordering == Ordering::none ? "none" : "by_key";
  out["consumer.concurrency"] = std::to_string(o.concurrency);
  out["consumer.batch"] = std::to_string(o.batch);
  out["consumer.handler_deadline"] = o.handler_deadline ? text(*o.handler_deadline) : "";
  out["dlq.import"] = text(o.import_dead_letters);
  out["retention.published"] = text(o.keep_published);
  out["retention.inbox"] = text(o.dedupe_window);
  const auto lines = logged(o.log);
  out["log.level"] = std::to_string(std::count(lines.begin(), lines.end(), '\n')) + " lines";
  out["log.format"] = lines.starts_with('{') ? "json" : "text";
  out["trace.sample"] = std::to_string(o.trace.sample);
}

Effects effects(const std::string& key = "name", const std::string& value = "order-service") {
  Config config(service_keys({.name = "order-service", .listen = "127.0.0.1:8081"}));
  config.set(key, value, "here");
  Effects out;
  const auto host = host_options(config);
  of_host(host, out);
  const auto limits = store_limits(config);
  out["database.connections"] = std::to_string(limits.connections);
  out["database.acquire_timeout"] = text(limits.acquire_timeout);
  out["database.pooler"] = text(limits.pooler);
  const auto broker = broker_options(config);
  out["broker.exchange"] = broker.exchange, out["broker.topology"] = text(broker.verify_topology);
  out["broker.tls_ca"] = broker.tls_ca, out["broker.tls_cert"] = broker.tls_cert,
  out["broker.tls_key"] = broker.tls_key;
  const auto otlp = otlp_options(config, host.name);
  out["trace.endpoint"] = otlp.endpoint, out["trace.service"] = otlp.service == host.name ? "" : otlp.service;
  out["broker.sasl"] = broker.sasl, out["broker.username"] = broker.username, out["broker.password"] = broker.password;
  out["broker.topics"] = broker.topics, out["broker.instance"] = broker.instance;
  out["broker.partitions"] = std::to_string(broker.partitions);
  out["broker.replication"] = std::to_string(broker.replication);
  out["broker.rebalance"] = text(broker.cooperative);
  const auto http = http_options(config, host.log);
  out["http.listen"] = http.listen;
  out["http.workers"] = std::to_string(http.workers);
  out["http.max_connections"] = std::to_string(http.max_connections);
  out["http.max_body"] = std::to_string(http.max_body);
  out["shutdown.deadline"] = text(http.drain_timeout);
  const auto of_relay = relay_http_options(config, host.log);
  out["relay.listen"] = of_relay ? of_relay->listen : "none";
  return out;
}

const struct {
  const char *key, *value, *effect;
} turned[] = {
    {"retention.published", "2d", "172800000 ms"},
    {"retention.inbox", "20d", "1728000000 ms"},
    {"name", "other", "other"},
    {"database.url", "sqlite:other.db", "sqlite:other.db"},
    {"database.connections", "3", "3"},
    {"database.acquire_timeout", "7s", "7000 ms"},
    {"database.migrate", "false", "false"},
    {"database.pooler", "true", "true"},
    {"broker.url", "sqlite:other-bus.db", "sqlite:other-bus.db"},
    {"broker.exchange", "other", "other"},
    {"broker.topology", "verify", "true"},
    {"broker.tls_ca", "ca.pem", "ca.pem"},
    {"broker.tls_cert", "cert.pem", "cert.pem"},
    {"broker.tls_key", "key.pem", "key.pem"},
    {"broker.sasl", "plain", "plain"},
    {"broker.username", "me", "me"},
    {"broker.password", "hidden", "hidden"},
    {"broker.topics", "order.*=orders", "order.*=orders"},
    {"broker.instance", "pod-0", "pod-0"},
    {"broker.partitions", "6", "6"},
    {"broker.replication", "3", "3"},
    {"broker.rebalance", "cooperative", "true"},
    {"http.listen", "127.0.0.1:9", "127.0.0.1:9"},
    {"http.workers", "5", "5"},
    {"http.max_connections", "6", "6"},
    {"http.max_body", "7KiB", "7168"},
    {"relay.mode", "elsewhere", "elsewhere"},
    {"relay.in_flight", "8", "8"},
    {"relay.listen", "127.0.0.1:9", "127.0.0.1:9"},
    {"consumer.ordering", "none", "none"},
    {"consumer.ordering", "by_key", "by_key"},
    {"consumer.concurrency", "9", "9"},
    {"consumer.batch", "11", "11"},
    {"consumer.handler_deadline", "1500ms", "2000 ms"},  // never shorter than it says
    {"dlq.import", "always", "true"},
    {"shutdown.deadline", "10s", "9000 ms"},  // the last tenth is for a handler that still runs
    {"log.level", "debug", "4 lines"},
    {"log.level", "warning", "2 lines"},
    {"log.level", "error", "1 lines"},
    {"log.format", "text", "text"},
    {"trace.endpoint", "http://127.0.0.1:4318", "http://127.0.0.1:4318"},
    {"trace.sample", "0.25", "0.250000"},
    {"trace.service", "shop", "shop"},
};

TEST(Options, EachKeyDoesWhatItSaysAndNothingElse) {
  const auto before = effects();
  for (const auto& [key, value, effect] : turned) {
    auto expected = before;
    EXPECT_NE(std::exchange(expected.at(key), effect), effect) << key << ": this value shows nothing";
    EXPECT_EQ(effects(key, value), expected) << key;
  }
}

TEST(Options, NoKeyIsWithoutEffect) {
  for (const auto& key : service_keys({.name = "order-service", .listen = "127.0.0.1:8081"}))
    EXPECT_TRUE(std::ranges::any_of(turned, [&](const auto& t) { return t.key == key.name; })) << key.name;
}

}  // namespace
}  // namespace holdfast::service
