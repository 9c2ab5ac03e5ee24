#include "connect/connect.hpp"

#include "holdfast/errors.hpp"
#ifdef HOLDFAST_WITH_KAFKA
#include "holdfast/kafka.hpp"
#endif
#ifdef HOLDFAST_WITH_POSTGRES
#include "holdfast/postgres.hpp"
#endif
#ifdef HOLDFAST_WITH_RABBITMQ
#include "holdfast/rabbitmq.hpp"
#endif
#include "holdfast/sqlite.hpp"
#include "sql/sqlite/open.hpp"

namespace holdfast {
namespace {

[[noreturn]] void unknown(const connect::Url& url, const char* what, const char* known) {
  throw Invalid(url.scheme + ":", std::string("this build opens no such ") + what + "; it knows " + known);
}

constexpr const char* known_brokers =
#ifdef HOLDFAST_WITH_RABBITMQ
    "amqp://user@host:5672/vhost, "
#endif
#ifdef HOLDFAST_WITH_KAFKA
    "kafka://host:9092, "
#endif
    "sqlite:PATH";

#ifdef HOLDFAST_WITH_RABBITMQ
Transport open_rabbitmq(std::string_view url, const connect::BrokerOptions& o) {
  return rabbitmq::open({.url = std::string(url),
                         .exchange = o.exchange,
                         .topology = o.verify_topology ? rabbitmq::Topology::verify : rabbitmq::Topology::declare,
                         .tls_ca = o.tls_ca,
                         .tls_cert = o.tls_cert,
                         .tls_key = o.tls_key});
}
#endif

#ifdef HOLDFAST_WITH_KAFKA
kafka::Sasl sasl_of(const std::string& name) {
  if (name == "none") return kafka::Sasl::none;
  if (name == "plain") return kafka::Sasl::plain;
  if (name == "scram-sha-256") return kafka::Sasl::scram_sha_256;
  if (name == "scram-sha-512") return kafka::Sasl::scram_sha_512;
  throw Invalid("broker.sasl", "none, plain, scram-sha-256 or scram-sha-512");
}

Transport open_kafka(std::string_view url, const connect::BrokerOptions& o) {
  return kafka::open({.url = std::string(url),
                      .topics = o.topics,
                      .partitions = o.partitions,
                      .replication = o.replication,
                      .topology = o.verify_topology ? kafka::Topology::verify : kafka::Topology::declare,
                      .sasl = sasl_of(o.sasl),
                      .username = o.username,
                      .password = o.password,
                      .tls_ca = o.tls_ca,
                      .tls_cert = o.tls_cert,
                      .tls_key = o.tls_key,
                      .instance = o.instance,
                      .rebalance = o.cooperative ? kafka::Rebalance::cooperative : kafka::Rebalance::eager,
                      .dedupe_window = o.dedupe_window,
                      .keep_published = o.keep_published});
}
#endif

std::string path_of(const connect::Url& url) {
  if (url.rest.empty()) throw Invalid("sqlite:", "a path must follow, as sqlite:orders.db");
  return url.rest;
}

}  // namespace

namespace connect {

Url split(std::string_view url) {
  const auto colon = url.find(':');
  if (colon == url.npos || colon == 0) throw Invalid(std::string(url), "is no URL; write it as sqlite:PATH");
  return {std::string(url.substr(0, colon)), std::string(url.substr(colon + 1))};
}

Store open_store(std::string_view text, const StoreLimits& limits) {
  const Url url = split(text);
  if (url.scheme == "sqlite")
    return store::open_sqlite({.file = path_of(url),
                               .connections = limits.connections,
                               .acquire_timeout = limits.acquire_timeout,
                               .busy_timeout = limits.acquire_timeout,
                               .read_only = limits.access == Access::look},
                              ports::system_clock());
#ifdef HOLDFAST_WITH_POSTGRES
  if (url.scheme == "postgres" || url.scheme == "postgresql")
    return postgres::open({.url = std::string(text),
                           .connections = limits.connections,
                           .acquire_timeout = limits.acquire_timeout,
                           .pooler = limits.pooler});
  unknown(url, "database", "postgres://user@host:5432/db and sqlite:PATH");
#else
  unknown(url, "database", "sqlite:PATH");
#endif
}

Transport open_transport(std::string_view text, [[maybe_unused]] const BrokerOptions& options) {
  const Url url = split(text);
  if (url.scheme == "sqlite") return sqlite::open_bus({.file = path_of(url)});
#ifdef HOLDFAST_WITH_RABBITMQ
  if (url.scheme == "amqp" || url.scheme == "amqps") return open_rabbitmq(text, options);
#endif
#ifdef HOLDFAST_WITH_KAFKA
  if (url.scheme == "kafka" || url.scheme == "kafka+tls") return open_kafka(text, options);
#endif
  unknown(url, "broker", known_brokers);
}

}  // namespace connect

Store open_store(std::string_view url) { return connect::open_store(url, {}); }
Transport open_transport(std::string_view url) { return connect::open_transport(url, {}); }

}  // namespace holdfast
