// G1, G4: only a settled delivery is acknowledged, and only in its own session; a new session drops what had not begun.
// The consume thread's state machine: deliveries and reports in, runs for lanes and acks out. No I/O, no clock.
// Inputs return the actions that follow, in order. tick() is due at next().
#pragma once
#include <iosfwd>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "inbox/crash_guard.hpp"
#include "inbox/lanes.hpp"
#include "inbox/pause.hpp"
#include "inbox/reading.hpp"
#include "inbox/report.hpp"

namespace holdfast::inbox {

struct RunBatch {
  int lane = 0;
  std::vector<Arrival> batch;
  How how;
  bool operator==(const RunBatch&) const = default;
};
struct RunDeferred {
  int lane = 0;
  ports::Due due;
  How how;
  bool operator==(const RunDeferred&) const = default;
};
struct Ack {
  std::vector<ports::Position> settled;
  bool operator==(const Ack&) const = default;
};
struct Credit {
  int most_unacked = 0;
  bool operator==(const Credit&) const = default;
};
struct Connect {  // pump the receiver from now on
  bool operator==(const Connect&) const = default;
};
struct Disconnect {  // Receiver::disconnect(), and pump it no more
  bool operator==(const Disconnect&) const = default;
};
struct LookForDue {  // InboxStore::due(query); the answer is due() or store_down()
  ports::DueQuery query;
  bool operator==(const LookForDue&) const = default;
};
struct Finished {  // after stop(): nothing runs any more
  bool operator==(const Finished&) const = default;
};
using Action = std::variant<RunBatch, RunDeferred, Ack, Credit, Connect, Disconnect, LookForDue, Finished>;
using Actions = std::vector<Action>;
std::ostream& operator<<(std::ostream& out, const Action& action);

struct SessionOptions {
  int lanes = 8, batch = 64;
  bool by_key = true;
  int most_prefetch = 2000;  // prefetch = lanes x batch x 2, at most this
  int due_limit = 256;
  ports::Millis look_every{1000};  // for due events
  ports::Millis store_closes{60'000};  // the store is down that long: the channel is closed
  ports::Millis quiet{
      3'000'000};  // prunable(): something was handled within it; less than the hour of which the store knows
  Backoff store{ports::Millis(100), ports::Millis(5'000)};
  Backoff pause{ports::Millis(1'000), ports::Millis(60'000)};
  CrashGuardOptions guard;
};

/// What the receiver brought, read as far as it must be.
struct Arrived {
  bool connected = false, empty = false;
  std::vector<std::uint64_t> ended;
  std::vector<Arrival> arrivals;
};

class Session {
 public:
  Session(SessionOptions options, bool clean_end);

  Actions start(ports::Tick now);
  Actions received(ports::Tick now, Arrived arrived);
  /// A run has ended; what it was is known by its lane.
  Actions settled(ports::Tick now, int lane, const Report& report);
  Actions due(ports::Tick now, std::vector<ports::Due> due);
  Actions store_down(ports::Tick now);
  Actions tick(ports::Tick now);
  Actions stop(ports::Tick now);

  std::optional<ports::Tick> next() const;  ///< when tick() is wanted
  bool queue_empty() const { return empty_ && idle() && !stopping_; }  ///< known to be
  bool prunable(ports::Tick now) const;  ///< the queue moves or is known to be empty
  bool paused() const { return pause_.on(); }
  bool idle() const;  ///< nothing runs and nothing waits here

 private:
  struct Running {
    std::vector<Arrival> batch;
    std::vector<bool> alive = {};  // its session is
    std::optional<ports::Due> due = {};
    How how = {};
    bool probe = false;
    const EventId& id() const { return due ? due->id : batch.front().guard; }
  };
  void end_session(std::uint64_t session);
  void end_all_sessions();
  void acknowledge(const Running& run, std::size_t settled);
  void give_back(int lane, const Running& run, std::size_t settled);
  void note(int lane, const Running& run, const Report& report);
  void hold_suspect(int lane, const Running& run, const ports::Starts& starts);
  void pause(int lane, const Running& run, const Report& report);
  void after_probe(const Running& run, const Report& report);
  void forget_blame();
  void go_down();
  void look();
  std::optional<ports::Due> culprit() const;
  std::string order_key(const std::string& key) const;

  void dispatch();
  void probe();
  bool probe_delivery(const Lanes::Test& wanted);
  bool probe_due(const std::function<bool(const ports::Due&)>& wanted);
  void run_suspect(const CrashGuard::Turn& turn);
  void run_lane(int lane);
  bool run_next_due(int lane);
  bool run_next_batch(int lane);
  void begin(int lane, Running run);
  bool idle_lane(int lane) const { return !runs_[static_cast<std::size_t>(lane)]; }
  bool running() const;
  bool held(const EventId& id) const { return guard_.holds(id); }
  bool by_itself(const Arrival& arrival) const;
  How how_of(const Arrival& arrival) const;
  How how_of(const ports::Due& due) const;
  void give_credit();
  Actions finish();

  SessionOptions options_;
  Lanes lanes_;
  CrashGuard guard_;
  Pause pause_;
  std::vector<std::optional<Running>> runs_;  // by lane
  std::vector<bool> due_last_;  // deferred ones and deliveries take turns
  std::set<EventId> blamed_;  // for these `Unavailable` is a failure
  std::uint64_t newest_session_ = 0;
  ports::Tick now_{}, next_look_{};
  std::optional<ports::Tick> down_since_, last_handled_;
  int downs_ = 0, credit_ = -1;
  bool started_ = false, connected_wanted_ = false, empty_ = false;
  bool looking_ = false, full_look_ = false;
  bool exclusive_ = false, stopping_ = false, finished_ = false;
  Actions out_;
};

}  // namespace holdfast::inbox
