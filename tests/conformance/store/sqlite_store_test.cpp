// The suite on SQLite: three threads on one file. SQLite has one writer, so where a rival is open, begin() waits.
#include <stdlib.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "conformance/store/clients.hpp"
#include "conformance/store/hand_moved_clock.hpp"
#include "ports/store_base.hpp"
#include "sql/sqlite/open.hpp"

namespace conformance {
namespace {

using namespace holdfast;

class SqliteClients : public Clients {
 public:
  SqliteClients() {
    std::string name = (std::filesystem::temp_directory_path() / "holdfast-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    restart();
    for (int i = 0; i < 3; ++i) threads_[i] = std::thread([this, i] { work(i); });
  }
  ~SqliteClients() override {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
    inbox_.reset(), outbox_.reset(), admin_.reset(), store_.reset();
    std::filesystem::remove_all(folder_);
  }

  ports::InboxStore& inbox() override { return *inbox_; }
  std::unique_ptr<ports::InboxStore> another_inbox() override { return store_->inbox("test"); }
  ports::OutboxStore& outbox() override { return *outbox_; }
  ports::AdminStore* admin() override { return admin_.get(); }
  Timestamp now() override { return clock_.utc(); }
  void advance(ports::Millis by) override { clock_.advance(by); }

  void restart() override {
    store_ =
        store::open_sqlite(sqlite::Settings{.file = folder_ / "test.db", .on_wait = [this] { one_waits(); }}, clock_)
            .impl();
    store_->migrate();
    inbox_ = store_->inbox("test"), outbox_ = store_->outbox(), admin_ = store_->admin();
  }

  void run(int client, std::function<void()> step) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !step_[client]; });
    step_[client] = std::move(step);
    changed_.notify_all();
    changed_.wait(lock, [&] { return !step_[client] || waits_[client]; });
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
  void one_waits() {  // on the thread that is going to
    std::lock_guard lock(mutex_);
    for (int i = 0; i < 3; ++i)
      if (threads_[i].get_id() == std::this_thread::get_id()) waits_[i] = true;
    changed_.notify_all();
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
      step_[me] = nullptr, waits_[me] = false;
      changed_.notify_all();
    }
  }

  std::filesystem::path folder_;
  HandMovedClock clock_;
  std::shared_ptr<detail::StoreBase> store_;
  std::unique_ptr<ports::InboxStore> inbox_;
  std::unique_ptr<ports::OutboxStore> outbox_;
  std::unique_ptr<ports::AdminStore> admin_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> step_[3];
  bool waits_[3] = {}, stop_ = false;
  std::exception_ptr error_;
  std::thread threads_[3];
};

constexpr Features sqlite_features{.rivals = false};

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance,
                         testing::Values(StoreUnderTest{"sqlite", sqlite_features,
                                                        [] { return std::make_unique<SqliteClients>(); }}));

}  // namespace
}  // namespace conformance
