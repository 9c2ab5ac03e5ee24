// The suite on the simulator's store: several writers, as PostgreSQL has them. Each client is a simulated process; it waits for
// another one when nobody can go on. A step takes no time, so that times can be compared.
#include "conformance/store/clients.hpp"
#include "ports/owner.hpp"
#include "simulation/database/inbox.hpp"
#include "simulation/database/outbox.hpp"

namespace conformance {
namespace {

class SimulatedClients : public Clients {
 public:
  SimulatedClients() {
    scheduler_.step_takes = 0;
    database_.living = {holdfast::ports::this_process(), "elsewhere/1/1"};
    restart();
    for (int i = 0; i < 3; ++i) scheduler_.add("client" + std::to_string(i), [this, i] { work(i); });
  }
  ~SimulatedClients() override { scheduler_.stop(); }

  holdfast::ports::InboxStore& inbox() override { return *inbox_; }
  std::unique_ptr<holdfast::ports::InboxStore> another_inbox() override {
    return std::make_unique<sim::SimInboxStore>(database_, "test");
  }
  holdfast::ports::OutboxStore& outbox() override { return *outbox_; }
  holdfast::Timestamp now() override { return database_.utc(); }
  void advance(holdfast::ports::Millis by) override { database_.skew += by.count(); }
  void restart() override {
    database_.unsynced.clear();  // it goes down in good order
    database_.crash(0);
    inbox_ = std::make_unique<sim::SimInboxStore>(database_, "test");
    outbox_ = std::make_unique<sim::SimOutboxStore>(database_);
  }

  void run(int client, std::function<void()> step) override {
    finish(client);
    step_[client] = std::move(step);
    go_on();
    if (const auto error = std::exchange(error_, nullptr)) std::rethrow_exception(error);
  }
  bool waits(int client) override { return static_cast<bool>(step_[client]); }
  void finish(int client) override {
    go_on();
    if (step_[client]) throw std::logic_error("client " + std::to_string(client) + " waits for ever");
  }

 private:
  void go_on() {
    while (scheduler_.step(scheduler_.now)) {}
  }
  void work(int me) {
    for (;;) {
      scheduler_.wait([&] { return static_cast<bool>(step_[me]); });
      try {
        step_[me]();
      } catch (const sim::Killed&) { throw; } catch (...) {
        error_ = std::current_exception();
      }
      step_[me] = nullptr;
    }
  }

  sim::Scheduler scheduler_{1};
  sim::Database database_{scheduler_, "the store"};
  std::unique_ptr<sim::SimInboxStore> inbox_;
  std::unique_ptr<sim::SimOutboxStore> outbox_;
  std::function<void()> step_[3];
  std::exception_ptr error_;
};

constexpr Features simulated_features{.sql = false, .admin = false};

INSTANTIATE_TEST_SUITE_P(Simulated, StoreConformance,
                         testing::Values(StoreUnderTest{"simulated", simulated_features,
                                                        [] { return std::make_unique<SimulatedClients>(); }}));

}  // namespace
}  // namespace conformance
