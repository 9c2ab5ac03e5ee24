// PostgreSQL and RabbitMQ of one run: private, their data in its folder, to be taken up again by the next run there.
// Threads: as servers::Postgres. Errors: Unavailable.
#pragma once
#include "demo/servers/postgres.hpp"
#include "demo/servers/rabbit.hpp"
#include "demo/system.hpp"

namespace holdfast::demo {

class PrivateServers {
 public:
  explicit PrivateServers(const std::filesystem::path& folder);
  const Layout& layout() const { return layout_; }
  servers::Postgres& postgres() { return postgres_; }
  servers::Rabbit& rabbit() { return rabbit_; }

 private:
  servers::Rabbit rabbit_;
  servers::Postgres postgres_;
  Layout layout_;
};

/// A database for each program is there, or is made.
Layout layout_on(const std::filesystem::path& folder, const servers::Postgres& postgres);

}  // namespace holdfast::demo
