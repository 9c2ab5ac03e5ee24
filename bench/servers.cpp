#include "bench/servers.hpp"

#include "holdfast/connect.hpp"

namespace holdfast::bench {

Servers::Servers()
    : postgres_({.folder = {}, .settings = {"shared_preload_libraries=pg_stat_statements", "max_connections=200"}}) {}

std::string Servers::database(const std::string& name) {
  sql("postgres", "CREATE DATABASE " + name);
  sql(name, "CREATE EXTENSION pg_stat_statements");
  const auto url = this->url(name);
  open_store(url).migrate();
  return url;
}

}  // namespace holdfast::bench
