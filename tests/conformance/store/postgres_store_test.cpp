// The suite on PostgreSQL: three threads with a connection each. A client waits when the server says that its session does.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "conformance/store/clients.hpp"
#include "conformance/store/hand_moved_clock.hpp"
#include "holdfast/postgres.hpp"
#include "ports/store_base.hpp"
#include "postgres_server/databases.hpp"
#include "postgres_server/pgbouncer.hpp"
#include "sql/postgres/open.hpp"

namespace conformance {
namespace {

using namespace holdfast;

/// One for all cases, and a session for each client: one that waits does so at the server, where it is seen.
const pg_test::PgBouncer& bouncer() {
  static const pg_test::PgBouncer one(false, 10);
  return one;
}

class PostgresClients : public Clients {
 public:
  explicit PostgresClients(bool pooler) : pooler_(pooler) {
    restart();
    for (int i = 0; i < 3; ++i) threads_[i] = std::thread([this, i] { work(i); });
  }
  ~PostgresClients() override {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
    inbox_.reset(), outbox_.reset(), admin_.reset(), store_.reset();
  }

  ports::InboxStore& inbox() override { return *inbox_; }
  std::unique_ptr<ports::InboxStore> another_inbox() override { return store_->inbox("test"); }
  ports::OutboxStore& outbox() override { return *outbox_; }
  ports::AdminStore* admin() override { return admin_.get(); }
  Timestamp now() override { return clock_.utc(); }
  void advance(ports::Millis by) override { clock_.advance(by); }

  void restart() override {
    postgres::Settings settings;
    const bool behind = pooler_ && pg_test::PgBouncer::installed();
    settings.url = behind ? bouncer().url("app", database_.name()) : database_.url();
    settings.pooler = pooler_;
    settings.acquire_timeout = settings.lock_timeout = pg_test::patience;
    store_ = store::open_postgres(settings, clock_).impl();
    store_->use_clock(clock_);
    store_->check_schema();
    inbox_ = store_->inbox("test"), outbox_ = store_->outbox(), admin_ = store_->admin();
  }

  void run(int client, std::function<void()> step) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !step_[client]; });
    step_[client] = std::move(step);
    changed_.notify_all();
    while (!changed_.wait_for(lock, std::chrono::milliseconds(3), [&] { return !step_[client]; }))
      if (all_wait(lock)) break;
    if (const auto error = std::exchange(error_, nullptr)) std::rethrow_exception(error);
  }
  bool waits(int client) override {
    std::lock_guard lock(mutex_);
    return static_cast<bool>(step_[client]);
  }
  void finish(int client) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !step_[client]; });
  }

 private:
  /// As many sessions wait for a lock as steps are under way.
  bool all_wait(std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    const auto waiting = watcher_.transact([](Transaction& tx) {
      return tx
          .query<int>(
              "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
          .one();
    });
    lock.lock();
    int under_way = 0;
    for (const auto& step : step_) under_way += step ? 1 : 0;
    return waiting == under_way;
  }

  void work(int me) {
    for (std::unique_lock lock(mutex_);;) {
      changed_.wait(lock, [&] { return stop_ || step_[me]; });
      if (!step_[me]) return;
      lock.unlock();
      std::exception_ptr error;
      try {
        step_[me]();
      } catch (...) { error = std::current_exception(); }
      lock.lock();
      if (error) error_ = error;
      step_[me] = nullptr;
      changed_.notify_all();
    }
  }

  const bool pooler_;
  pg_test::Database database_;
  Store watcher_ = postgres::open({.url = database_.url(), .connections = 1, .acquire_timeout = pg_test::patience});
  HandMovedClock clock_;
  std::shared_ptr<detail::StoreBase> store_;
  std::unique_ptr<ports::InboxStore> inbox_;
  std::unique_ptr<ports::OutboxStore> outbox_;
  std::unique_ptr<ports::AdminStore> admin_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> step_[3];
  bool stop_ = false;
  std::exception_ptr error_;
  std::thread threads_[3];
};

StoreUnderTest under_test(const char* name, bool pooler) {
  return {name, {}, [pooler] { return std::make_unique<PostgresClients>(pooler); }};
}

/// The second behind PgBouncer where one is installed: no prepared statements, settings in each transaction.
INSTANTIATE_TEST_SUITE_P(Postgres, StoreConformance,
                         testing::Values(under_test("postgres", false), under_test("postgres_pooler", true)));

}  // namespace
}  // namespace conformance
