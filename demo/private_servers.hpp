// PostgreSQL and a broker of one run: private, their data in its folder, to be taken up again by the next run there.
// Threads: as servers::Postgres. Errors: Unavailable.
#pragma once
#include <optional>

#include "demo/servers/kafka.hpp"
#include "demo/servers/postgres.hpp"
#include "demo/servers/rabbit.hpp"
#include "demo/system.hpp"

namespace holdfast::demo {

enum class Broker { file, rabbitmq, kafka };  // file: no servers at all
const char* name_of(Broker broker);

class PrivateServers {
 public:
  PrivateServers(const std::filesystem::path& folder, Broker broker);
  const Layout& layout() const { return layout_; }
  servers::Postgres& postgres() { return *postgres_; }
  servers::Rabbit* rabbit() { return rabbit_ ? &*rabbit_ : nullptr; }

  pid_t broker_pid() const { return rabbit_ ? rabbit_->pid() : kafka_->pid(); }
  bool broker_runs() { return rabbit_ ? rabbit_->running() : kafka_->running(); }
  void kill_broker();
  void start_broker();
  void settle();  // once the queues are declared: a broker that is killed keeps them

 private:
  std::optional<servers::Rabbit> rabbit_;
  std::optional<servers::Kafka> kafka_;
  std::optional<servers::Postgres> postgres_;
  Layout layout_;
};

/// A database for each program is there, or is made.
Layout layout_on(const std::filesystem::path& folder, const servers::Postgres& postgres);

}  // namespace holdfast::demo
