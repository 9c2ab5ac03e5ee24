#include "connect/connect.hpp"

#include "holdfast/errors.hpp"
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
  if (url.scheme == "amqp" || url.scheme == "amqps")
    return rabbitmq::open(
        {.url = std::string(text),
         .exchange = options.exchange,
         .topology = options.verify_topology ? rabbitmq::Topology::verify : rabbitmq::Topology::declare,
         .tls_ca = options.tls_ca,
         .tls_cert = options.tls_cert,
         .tls_key = options.tls_key});
  unknown(url, "broker", "amqp://user@host:5672/vhost and sqlite:PATH");
#else
  unknown(url, "broker", "sqlite:PATH");
#endif
}

}  // namespace connect

Store open_store(std::string_view url) { return connect::open_store(url, {}); }
Transport open_transport(std::string_view url) { return connect::open_transport(url, {}); }

}  // namespace holdfast
