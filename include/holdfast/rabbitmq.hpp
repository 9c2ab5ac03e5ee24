// RabbitMQ 3.10 to 4.x: a transport. Link holdfast::rabbitmq.
//
//   holdfast::Transport broker = holdfast::rabbitmq::open({.url = "amqp://app:secret@broker:5672/shop"});
//   holdfast::Host host({.name = "order-service", .store = store, .transport = broker});
//
// Opening does not connect, Host::start() does. Exchange, queues and bindings are declared then, unless topology says verify.
// Threads: a Transport is thread-safe. Errors: Invalid (no such URL); at start also wrong rights, a wrong password, a certificate
// that is not trusted, or a queue that is declared otherwise; a broker that is away is waited for.
#pragma once
#include <chrono>
#include <string>

#include "holdfast/transport.hpp"

namespace holdfast::rabbitmq {

enum class Topology {
  declare,  // what is missing is made; what differs is an error and stays as it is
  verify,  // nothing is made: for a broker whose queues are an operator's
};

struct Options {
  std::string url = {};  // amqp://user:password@host:5672/vhost, amqps://...; parts are percent-encoded; no user: guest
  std::string exchange = "orders.exchange";  // topic, durable
  Topology topology = Topology::declare;
  std::string tls_ca = {};  // PEM file; empty: the system's. The broker's certificate and name are always verified
  std::string tls_cert = {}, tls_key = {};  // PEM files, where the broker asks for a certificate of ours
  std::chrono::seconds heartbeat{30};  // twice that of silence is an end
  std::chrono::milliseconds connect_timeout{5'000};  // until a session is open
  std::chrono::milliseconds answer_timeout{10'000};  // for an answer of the broker
};

Transport open(Options options);

}  // namespace holdfast::rabbitmq
