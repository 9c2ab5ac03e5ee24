// A database server for the simulator and the faults that it can have. Stores and sessions on it are in the files beside.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <set>

#include "ports/inbox_store.hpp"
#include "simulation/database/snapshot.hpp"
#include "simulation/scheduler.hpp"

namespace sim {

namespace ports = holdfast::ports;
using holdfast::EventId;
using holdfast::Timestamp;
using ports::Millis;

inline const Timestamp epoch{std::chrono::seconds(1'767'225'600)};  // 2026-01-01

/// Chances, of each call where it can happen.
struct DatabaseFaults {
  double lost_call = 0;  // the connection is gone
  double in_doubt = 0;  // the answer to a commit is lost
  double linger = 0;  // a dead client's transaction stays open for a while
};

struct DatabaseCounts {
  long lost_calls = 0, in_doubt = 0, lingering = 0, deadlocks = 0, lock_timeouts = 0, waits = 0, late_commits = 0;
};

struct StartsEntry {
  struct Of {
    ports::Starts starts;
    ports::Starts last;  // what the last one added; none: it died, or was taken back
    std::int64_t number = 0;  // of the last one
  };
  std::map<std::string, Of> by_instance;
  std::int64_t handled_then = 0;  // how many had been handled when the last start was written

  ports::Starts seen_by(const std::string& instance) const;
};
/// Holdfast's tables of one consumer.
struct ConsumerTables {
  std::map<EventId, Row<InboxEntry>> inbox;
  std::map<EventId, Row<DeferredEntry>> deferred;
  std::map<EventId, Row<StartsEntry>> starts;
  struct InstanceEntry {
    std::string owner;
    bool ended = false;  // in good order
  };
  std::map<std::string, Row<InstanceEntry>> instances;
  Row<bool> registering;  // locked by who looks for a free one
  Row<Timestamp> pruned_before;
  std::int64_t handled = 0;  // ever
};

class Database {
 public:
  struct Published {
    ports::OutboxRow row;
    Time at = 0;
  };

  Database(Scheduler& s, std::string name) : scheduler(s), name_(std::move(name)) {}

  Time now() const { return scheduler.now + skew; }
  Timestamp utc() const { return epoch + Millis(now()); }
  bool busy() const;  // somebody has written and not ended
  Time next() const;  // when something ends by itself
  bool away() const { return scheduler.now < away_until; }
  const std::string& name() const { return name_; }

  ServerTx& open();
  void end(ServerTx& tx, bool commit);
  void abandon(ServerTx& tx, bool commit);  // its client is gone
  void reap();  // now and then: what dead clients left open ends
  /// Waits until no other transaction holds it. A cycle of waiting ones ends this one, as do 5 s of waiting: false.
  bool wait_for(ServerTx& tx, const Lockable& row);
  /// The outbox rows of a transaction: the keys' locks, sorted, then the seqs. False: it was ended.
  bool append(ServerTx& tx, std::span<const ports::OutgoingEvent> events);
  Seen snapshot() const;

  /// A copy of all that is committed, and back to it: sessions end, numbers and xids jump back. (backup.cpp)
  void back_up();
  void restore();
  /// The server dies and comes back: sessions end, the last marks are lost (synchronous_commit off).
  void crash(Time down_for);

  Scheduler& scheduler;
  DatabaseFaults faults;
  DatabaseCounts counts;
  Time skew = 0;  // of its clock
  Time away_until = 0;
  Time sessions_ended = -1;  // when it last did that to all
  std::size_t most_bytes = 1 << 20;  // of an envelope in its outbox, by a CHECK
  Millis recently{3'600'000};  // "in the last hour" of the age rule
  std::function<void(const ServerTx&)> before_commit = [](const ServerTx&) {};  // all is known, nothing is applied
  std::function<void()> after_commit = [] {};
  std::function<void()> on_deadlock = [] {};

  std::map<std::string, ConsumerTables> consumers;
  struct Pending {
    ports::OutboxRow row;
    Xid xid = 0;
  };
  std::map<ports::Seq, Pending> outbox;
  std::map<ports::Seq, Published> published;
  std::vector<std::pair<ports::Seq, Pending>> unsynced;  // marks that a crash of the server undoes
  std::map<std::string, Advisory> keys;
  Row<std::string> user_rows[2];
  std::map<std::pair<EventId, EventId>, Row<std::string>> actions;  // operator_actions, by act and event
  std::set<std::string> living;  // processes on its machine, as that tells
  std::string lease_owner;
  Time lease_until = 0;
  std::int64_t position = 0;

 private:
  struct Orphan {
    ServerTx* tx;
    Time until;
    bool commit;
  };
  struct Backup;
  void insert(ServerTx& tx, const ports::OutgoingEvent& event);
  void end_sessions();
  static void count_handled(const ServerTx& tx);

  std::string name_;
  std::deque<ServerTx> transactions_;
  std::vector<ServerTx*> open_;
  std::vector<Orphan> orphans_;
  std::shared_ptr<const Backup> backup_;
  ports::Seq seq_ = 0;
  Xid next_xid_ = 100;
};

}  // namespace sim
