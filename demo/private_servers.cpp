#include "demo/private_servers.hpp"

#include <csignal>

namespace holdfast::demo {
namespace {

constexpr const char* role = "shop";

bool has(const servers::Postgres& server, const std::string& what) {
  return !server.sql("postgres", "SELECT 1 FROM " + what).empty();
}

void make_databases(const servers::Postgres& server) {
  if (!has(server, std::string("pg_roles WHERE rolname = '") + role + "'"))
    server.sql("postgres", std::string("CREATE ROLE ") + role + " LOGIN PASSWORD 'secret'");
  for (const Part part : parts)
    if (const auto name = name_of(part); !has(server, "pg_database WHERE datname = '" + name + "'"))
      server.sql("postgres", "CREATE DATABASE \"" + name + "\" OWNER " + role);
}

}  // namespace

Layout layout_on(const std::filesystem::path& folder, const servers::Postgres& postgres) {
  make_databases(postgres);
  return {folder, postgres.url(role, "")};
}

const char* name_of(Broker broker) {
  switch (broker) {
    case Broker::rabbitmq: return "RabbitMQ";
    case Broker::kafka: return "Kafka";
    case Broker::file: break;
  }
  return "a file";
}

/// A broker takes seconds to start: the other one is made meanwhile.
PrivateServers::PrivateServers(const std::filesystem::path& folder, Broker broker) {
  const Layout places{folder};
  if (broker == Broker::rabbitmq)
    rabbit_.emplace(servers::Rabbit::Options{.folder = places.rabbit_data(), .in_background = true});
  else kafka_.emplace(servers::Kafka::Options{.folder = places.kafka_data(), .in_background = true});
  postgres_.emplace(servers::Postgres::Options{.folder = places.postgres_data()});
  layout_ = layout_on(folder, *postgres_), layout_.server = rabbit_ ? rabbit_->url() : kafka_->url();
  if (rabbit_) rabbit_->await();
  else kafka_->await();
}

void PrivateServers::kill_broker() {
  if (rabbit_) rabbit_->stop(SIGKILL);
  else kafka_->stop(SIGKILL);
}

void PrivateServers::start_broker() {
  if (rabbit_) return rabbit_->start();
  kafka_->start();
  kafka_->await();
}

void PrivateServers::settle() {
  if (rabbit_) rabbit_->settle_new_queues();
}

}  // namespace holdfast::demo
