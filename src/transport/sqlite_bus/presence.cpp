#include "transport/sqlite_bus/presence.hpp"

namespace holdfast::transport::sqlite_bus {
namespace {

bool lives(const ReceiverLock& lock, std::int64_t id, std::int64_t until, std::int64_t now) {
  return until > now && lock.held_by_other(id);
}

}  // namespace

Presence::Presence(std::shared_ptr<const File> file, std::string instance)
    : file_(std::move(file)), instance_(std::move(instance)), lock_(file_->path) {}

void Presence::appear(sqlite::Connection& connection, std::int64_t queue) {
  queue_ = queue;
  vanish();
  id_ = query<std::int64_t>(connection, "INSERT INTO receivers(queue, instance, until) VALUES ($1, $2, 0) RETURNING id",
                            queue, instance_)
            .one();
  lock_.hold(id_);  // before anybody can see the row
  renew(connection);
  give_back_for_the_gone(connection);
}

bool Presence::must_renew() const { return file_->clock.steady() >= renew_at_; }

bool Presence::renew(sqlite::Connection& connection) {
  renew_at_ = file_->clock.steady() + file_->settings.lease / 3;
  const auto until = file_->now() + file_->settings.lease.count();
  return run(connection, "UPDATE receivers SET until = $2 WHERE id = $1", id_, until).changed > 0;
}

std::vector<std::int64_t> Presence::gone(sqlite::Connection& connection) const {
  std::vector<std::int64_t> out;
  const auto sql = "SELECT id, until FROM receivers WHERE queue = $1 AND id <> $2";
  for (const auto& [id, until] : query<std::int64_t, std::int64_t>(connection, sql, queue_, id_))
    if (!lives(lock_, id, until, file_->now())) out.push_back(id);
  return out;
}

bool Presence::some_are_gone(sqlite::Connection& connection) const { return !gone(connection).empty(); }

void Presence::give_back_for_the_gone(sqlite::Connection& connection) const {
  for (const auto id : gone(connection)) {
    run(connection, "UPDATE queues SET receiver = NULL WHERE id = $1 AND receiver = $2", queue_, id);
    run(connection, "UPDATE leases SET receiver = NULL WHERE queue = $1 AND receiver = $2", queue_, id);
    run(connection, "DELETE FROM receivers WHERE id = $1", id);
  }
}

std::optional<std::string> anybody(const File& file, sqlite::Connection& connection, std::int64_t queue) {
  const ReceiverLock lock(file.path);
  const auto sql = "SELECT id, until, instance FROM receivers WHERE queue = $1";
  for (const auto& [id, until, instance] : query<std::int64_t, std::int64_t, std::string>(connection, sql, queue))
    if (lives(lock, id, until, file.now())) return instance;
  return std::nullopt;
}

}  // namespace holdfast::transport::sqlite_bus
