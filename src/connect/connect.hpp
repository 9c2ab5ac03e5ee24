// open_store and open_transport with what configuration knows besides the URL.
#pragma once
#include <chrono>
#include <string>

#include "holdfast/connect.hpp"

namespace holdfast::connect {

/// look: an SQLite file is only read, and nothing beside it is made. PostgreSQL makes no difference: its roles do.
enum class Access { act, look };

struct StoreLimits {
  int connections = 10;
  std::chrono::milliseconds acquire_timeout = std::chrono::seconds(5);
  bool pooler = false;  // PostgreSQL: behind PgBouncer and its like
  Access access = Access::act;
};
Store open_store(std::string_view url, const StoreLimits& limits);

struct BrokerOptions {  // as rabbitmq::Options and kafka::Options
  std::string exchange = "orders.exchange";
  bool verify_topology = false;
  std::string tls_ca = {}, tls_cert = {}, tls_key = {};
  // Kafka
  std::string sasl = "none";  // plain, scram-sha-256, scram-sha-512; else Invalid
  std::string username = {}, password = {}, topics = {}, instance = {};
  int partitions = 12, replication = 0;
  bool cooperative = false;
  std::chrono::hours dedupe_window{14 * 24}, keep_published{7 * 24};
};
Transport open_transport(std::string_view url, const BrokerOptions& options);

/// "sqlite:orders.db" -> "sqlite", "orders.db"; Invalid where there is no scheme.
struct Url {
  std::string scheme, rest;
};
Url split(std::string_view url);

}  // namespace holdfast::connect
