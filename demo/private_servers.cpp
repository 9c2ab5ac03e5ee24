#include "demo/private_servers.hpp"

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

/// RabbitMQ takes seconds to start: the other one is made meanwhile.
PrivateServers::PrivateServers(const std::filesystem::path& folder)
    : rabbit_({.folder = Layout{folder}.rabbit_data(), .in_background = true}),
      postgres_({.folder = Layout{folder}.postgres_data()}) {
  layout_ = layout_on(folder, postgres_), layout_.rabbit = rabbit_.url();
  rabbit_.await();
}

}  // namespace holdfast::demo
