// Five programs whose faults a test makes: a shop on a file, one without a relay, one on RabbitMQ, one on PostgreSQL, and
// `holdfast relay`. Prometheus looks at all of them.
#pragma once
#include <atomic>
#include <memory>

#include "holdfast/http.hpp"
#include "integration/host/place.hpp"
#include "postgres_server/databases.hpp"
#include "prometheus/server.hpp"
#include "rabbitmq_server/brokers.hpp"

namespace holdfast::prometheus_test {

using namespace std::chrono_literals;
using host_test::Placed;

/// A host whose gauges and chores are quick, and its /metrics.
class Watched {
 public:
  explicit Watched(HostOptions options, const std::function<void(Host&)>& subscribe = {});
  ~Watched() { server.reset(), host.stop(); }
  void publish(std::int64_t key, const std::string& text, PublishOptions with = {});

  Host host;
  std::string address;  // host:port
  std::optional<http::Server> server;
};

struct World {
  World();
  bool fires(const std::string& alert);
  bool resolves(const std::string& alert);
  void command(std::vector<std::string> words) const;  // holdfast
  void start_daemon();
  HostOptions options(const std::string& name, const std::string& database, Transport bus) const;

  host_test::Folder folder;
  std::atomic<bool> slow = false, failing = false, away = false;  // what handlers of the shop do
  rabbit_test::Vhost vhost;
  pg_test::Database database;
  Watched shop, lone, rabbit, postgres;
  std::string daemon_address;
  std::optional<demo::Process> daemon;  // `holdfast relay`
  Prometheus prometheus;
};

/// One for the whole test program.
World& world();

}  // namespace holdfast::prometheus_test
