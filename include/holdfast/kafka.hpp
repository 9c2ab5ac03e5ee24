// Kafka 2.8 to 4.x: a transport. Link holdfast::kafka.
//
//   holdfast::Transport broker = holdfast::kafka::open({.url = "kafka://broker1:9092,broker2:9092"});
//   holdfast::Host host({.name = "order-service", .store = store, .transport = broker});
//
// An event goes to the topic that is called as its type, or as `topics` says; its record key is its key. A consumer is a group.
// Opening does not connect, Host::start() does. Topics are made then, and by who first publishes to one, unless topology says
// verify.
// Threads: a Transport is thread-safe. Errors: Invalid (no such URL, no such option); at start also a wrong password or right, a
// certificate that is not trusted, a topic that is kept otherwise; a broker that is away is waited for.
#pragma once
#include <chrono>
#include <string>

#include "holdfast/transport.hpp"

namespace holdfast::kafka {

enum class Topology {
  declare,  // what is missing is made; what differs is an error and stays as it is
  verify,  // nothing is made: for a broker whose topics are an operator's
};
enum class Sasl { none, plain, scram_sha_256, scram_sha_512 };
enum class Rebalance {
  eager,  // whenever a member comes or goes, all give back their partitions
  cooperative,  // only those that move; all members of a group must say so. Needs librdkafka 2.10
};

struct Options {
  std::string url = {};  // kafka://host:9092,host:9092 or kafka+tls://...; a few brokers of the cluster, without a user
  // "order.*=orders, stock.#=stock": types that share one topic, where order across types matters. The first that matches, as a
  // whole or without its version, counts; all others go to the topic of their own name.
  std::string topics = {};
  int partitions = 12;  // of each topic. More on the broker are not used, for a key would change its partition
  int replication = 0;  // of topics that are made here; 0: the broker's default
  Topology topology = Topology::declare;
  Sasl sasl = Sasl::none;
  std::string username = {}, password = {};
  std::string tls_ca = {};  // PEM file; empty: the system's. The broker's certificate and name are always verified
  std::string tls_cert = {}, tls_key = {};  // PEM files, where the broker asks for a certificate of ours
  // Names this process in its groups, so that after a restart it has its partitions at once: unique among the instances of a
  // service, the same after a restart, as the name of a pod in a StatefulSet. Empty: it joins as a new member each time.
  std::string instance = {};
  Rebalance rebalance = Rebalance::eager;
  std::chrono::hours dedupe_window{14 * 24};  // of the inbox: a topic that keeps events for longer could run some twice
  std::chrono::hours keep_published{7 * 24};  // of the outbox: a topic that keeps them for less is warned of
  std::chrono::milliseconds session_timeout{10'000};  // of silence: a member's partitions go to others
  std::chrono::milliseconds connect_timeout{5'000};  // until a broker answers
  std::chrono::milliseconds answer_timeout{10'000};  // for an answer of a broker
};

Transport open(Options options);

}  // namespace holdfast::kafka
