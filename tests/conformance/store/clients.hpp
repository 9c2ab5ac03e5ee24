// What every store must do. A store brings Clients; the cases say who does what, one step after the other.
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance, testing::Values(StoreUnderTest{features, [] { return ...; }}));
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "ports/admin_store.hpp"

namespace conformance {

/// What a store can; cases that need more are skipped on it.
struct Features {
  bool rivals = true;       // transactions of two clients write at the same time; else the second one's begin waits
  bool sql = true;          // InboxTx::transaction() runs statements
  bool admin = true;        // Clients::admin()
  bool restarts = true;     // Clients::restart()
  bool sets_back = true;    // advance() takes a negative time
};

/// Three clients of one consumer's inbox, and the outbox of the same database, empty.
class Clients {
 public:
  virtual ~Clients() = default;
  virtual holdfast::ports::InboxStore& inbox() = 0;
  virtual holdfast::ports::OutboxStore& outbox() = 0;
  /// The same consumer's, as another process has it.
  virtual std::unique_ptr<holdfast::ports::InboxStore> another_inbox() = 0;
  virtual holdfast::ports::AdminStore* admin() { return nullptr; }
  /// Runs the step on that client. Returns when it is over, or waits for a transaction of another client. Throws what it threw.
  virtual void run(int client, std::function<void()> step) = 0;
  virtual bool waits(int client) = 0;  // its last step is not over
  virtual void finish(int client) = 0;  // returns when it is
  virtual holdfast::Timestamp now() = 0;  // the store's
  virtual void advance(holdfast::ports::Millis) = 0;  // moves it
  virtual void restart() {}  // everything committed is there again, nothing else is
};

struct StoreUnderTest {
  std::string name;
  Features features;
  std::function<std::unique_ptr<Clients>()> make;
};
inline void PrintTo(const StoreUnderTest& store, std::ostream* out) { *out << store.name; }

using Step = std::function<void(holdfast::ports::InboxTx&)>;
using Ids = std::set<holdfast::EventId>;

inline constexpr holdfast::Timestamp long_ago{};
holdfast::EventId id(int number);  // sorted as the numbers
holdfast::ports::Claim claim_of(int number, holdfast::Timestamp at);
Ids claim(holdfast::ports::InboxTx& tx, std::initializer_list<int> numbers);
holdfast::ports::InboxRow row(holdfast::ports::InboxTx& tx, int number);
/// deferred, or dead, at the key.
holdfast::ports::Fate aside(int number, holdfast::ports::Deferred::Wait wait, bool blocks_key = true,
                            const std::string& key = "k", holdfast::ports::Millis due_in = holdfast::ports::Millis(0));
holdfast::ports::OutgoingEvent outgoing(int number, std::optional<std::string> key = "k");

class StoreConformance : public testing::TestWithParam<StoreUnderTest> {
 public:
  ~StoreConformance() override;

 protected:
  StoreConformance() : clients(GetParam().make()) {}

  const Features& features() const { return GetParam().features; }
  holdfast::ports::InboxStore& inbox() { return clients->inbox(); }
  holdfast::ports::OutboxStore& outbox() { return clients->outbox(); }

  /// In the client's open transaction; begins one where there is none. Where it may be a deadlock's victim, `failed` says so.
  void does(int client, Step step);
  void commits(int client);
  void rolls_back(int client);
  void committed(Step step) { does(0, std::move(step)), commits(0); }
  void restart();
  /// Commits these in order, one transaction.
  void publish(const std::vector<holdfast::ports::OutgoingEvent>& events);
  std::vector<holdfast::ports::OutboxRow> all_pending();
  int mark_all();
  /// Whether its last end was clean.
  bool opens(const std::string& instance, const std::string& owner = "");
  holdfast::ports::Starts starts_of(int number);
  template <class Call>
  auto on(int client, Call call) {
    std::invoke_result_t<Call&> out{};
    clients->run(client, [&] { out = call(); });
    return out;
  }

  std::unique_ptr<Clients> clients;
  std::unique_ptr<holdfast::ports::InboxTx> tx[3];
  bool may_fail = false, failed[3] = {};
};

}  // namespace conformance
