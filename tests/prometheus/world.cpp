#include "prometheus/world.hpp"

#include "demo/servers/free_port.hpp"
#include "holdfast/postgres.hpp"
#include "holdfast/rabbitmq.hpp"
#include "integration/service/programs.hpp"
#include "prometheus/rules.hpp"
#include "service/health.hpp"

namespace holdfast::prometheus_test {
namespace {

/// Longer than any alert of the hurried rules takes, on a machine that does much else.
bool in_time(const std::function<bool()>& condition) {
  for (int tries = 0; tries < 6; ++tries)
    if (program_test::eventually(condition)) return true;
  return false;
}

void quick(Host& host) {
  auto& upkeep = host.impl().upkeep_options();
  upkeep.gauges = 100ms, upkeep.first_chores = upkeep.chores = 100ms;
}

Subscription taking(const std::string& consumer, Ordering ordering) {
  Subscription s{.consumer = consumer, .ordering = ordering};
  s.retry.delays.assign(1000, 200ms);
  return s;
}

void shop_of(World& world, Host& host) {
  host.subscribe(taking("strict", Ordering::none), [](Context&, const Placed& e) {
    if (e.text == "bad") throw Reject("never");
  });
  host.subscribe(taking("keyed", Ordering::by_key), [&world](Context&, const Placed& e) {
    if (e.text == "fails" && world.failing) throw std::runtime_error("not now");
  });
  auto slow = taking("slow", Ordering::none);
  slow.batch = 1;  // its handler waits before it opens a transaction: a file has one writer
  host.subscribe(slow, [&world](Context&, const Placed&) { world.slow.wait(true); });
  host.subscribe(taking("needy", Ordering::none), [&world](Context&, const Placed&) {
    if (world.away) throw Unavailable("the gateway is away");
  });
}

}  // namespace

Watched::Watched(HostOptions options, const std::function<void(Host&)>& subscribe) : host(std::move(options)) {
  quick(host);
  if (subscribe) subscribe(host);
  host.start();
  server.emplace(http::ServerOptions{.listen = "127.0.0.1:0", .workers = 1});
  service::serve_health(host, *server);
  server->start();
  address = server->url().substr(std::string("http://").size());
}

void Watched::publish(std::int64_t key, const std::string& text, PublishOptions with) {
  host.store().transact([&](Transaction& tx) { host.outbox().publish(tx, Placed{key, text}, with); });
}

HostOptions World::options(const std::string& name, const std::string& file, Transport bus) const {
  return {
      .name = name, .store = open_store(folder.url(file)), .transport = std::move(bus), .log = [](const LogLine&) {}};
}

World::World()
    : shop(options("shop", "shop.db", open_transport(folder.url("bus.db"))),
           [this](Host& host) { shop_of(*this, host); }),
      lone([this] {
        auto o = options("lone", "lone.db", open_transport(folder.url("bus.db")));
        o.relay = Relay::elsewhere;
        return o;
      }()),
      rabbit(options("rabbit", "rabbit.db", holdfast::rabbitmq::open(vhost.options()))),
      postgres([this] {
        auto o = options("postgres", "unused.db", open_transport(folder.url("bus.db")));
        o.store = holdfast::postgres::open({.url = database.url(), .acquire_timeout = pg_test::patience});
        return o;
      }()),
      daemon_address("127.0.0.1:" + std::to_string(servers::free_port())),
      prometheus(folder.file("prometheus"), hurried(deployed_rules()),
                 {shop.address, lone.address, rabbit.address, postgres.address, daemon_address}) {
  command({"--database", folder.url("daemon.db"), "migrate"});
  start_daemon();
}

void World::start_daemon() {
  daemon.emplace(demo::Command{HOLDFAST_BIN_DIR "/holdfast",
                               {"--database", folder.url("daemon.db"), "--broker", folder.url("bus.db"),
                                "--relay-listen", daemon_address, "relay"},
                               {},
                               folder.file("daemon.log")});
  daemon->read_line(60s);
}

bool World::fires(const std::string& alert) {
  return in_time([&] { return prometheus.fires(alert); });
}
bool World::resolves(const std::string& alert) {
  return in_time([&] { return !prometheus.fires(alert); });
}

void World::command(std::vector<std::string> words) const {
  demo::Process process({HOLDFAST_BIN_DIR "/holdfast", std::move(words), {}, folder.file("holdfast.log")});
  program_test::rest_of(process);
  EXPECT_EQ(process.wait(), 0) << program_test::contents(folder.file("holdfast.log"));
}

World& world() {
  static World one;
  return one;
}

}  // namespace holdfast::prometheus_test
