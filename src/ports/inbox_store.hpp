// What a consumer needs of a database: rows that say what became of each event, and events set aside.
// An InboxStore belongs to one consumer name; any thread. An InboxTx belongs to one thread.
// Errors of every call: Transient (deadlock, lock timeout, lost connection: run again, count nothing), InDoubt (only from
// commit), Unavailable (the database is away, full or read-only: wait). All others are defects.
#pragma once
#include <memory>
#include <set>
#include <span>

#include "holdfast/transaction.hpp"
#include "ports/values.hpp"

namespace holdfast::ports {

/// What became of an event at this consumer, written in the transaction that decides it.
enum class State { handled, retrying, deferred, dead, discarded };

struct InboxRow {
  State state = State::handled;
  int copy = 0;
  std::string body_hash;
  bool operator==(const InboxRow&) const = default;
};

struct Claim {
  EventId id;
  std::optional<Timestamp> at;  // event_at: the age rule; none: outside it
  std::string body_hash;  // of type and payload bytes
};

/// An event set aside. `blocked`: waits behind another one of its key. `blocks_key`: its key waits behind it.
struct Deferred {
  enum class Wait { retry, blocked, dead };
  EventId id;
  std::string type, key;
  std::string body;  // byte for byte
  Headers headers;  // as received
  std::string origin;
  Wait wait = Wait::retry;
  bool blocks_key = false;
  int attempts = 0;
  Millis due_in{0};  // from the store's now; past = due
  std::string reason, error;
  std::optional<Timestamp> first_failed_at;
};

/// What becomes of an event: a row in `deferred` exists in the states deferred and dead and in no other. One call writes both.
struct Fate {
  State state = State::handled;
  int copy = 0;
  std::optional<Deferred> deferred = std::nullopt;
};

/// The crash guard's account of one event: starts that were not finished before this one.
struct Starts {
  int counted = 0;  // the first, and those with another event handled since the one before; not one that may still run
  int alone = 0;  // with nothing else in the queue
  int all = 0;
};

struct StartRef {
  EventId id;
  std::int64_t number = 0;
  auto operator<=>(const StartRef&) const = default;
};

/// What broke a transaction beneath whoever works in it, whatever he threw: run it again, or wait for the store first.
enum class Trouble { transient, unavailable };

/// An operator's act. Its id is written with each act, so that a rerun finds it. Only what was done is on record: result says how.
struct OperatorAction {
  EventId id;
  std::string who, what, selection, note;
  std::string result = "done";
};

/// One open READ COMMITTED transaction of one consumer. Destroyed without commit() = rolled back.
/// Whoever changes what became of an event has its inbox row locked: by claim, lock or try_lock.
class InboxTx {
 public:
  virtual ~InboxTx() = default;

  /// Inserts rows `handled`, sorted by id. Waits for a rival that is inserting or changing one, not for a mere lock. Returns the new ids.
  virtual std::set<EventId> claim(std::span<const Claim> claims) = 0;
  /// Deletes the new row of a claim of this transaction.
  virtual void unclaim(const EventId& id) = 0;
  /// Locks the rows that exist, sorted by id, and waits for who has them; their newest version.
  virtual std::map<EventId, InboxRow> lock(const std::set<EventId>& ids) = 0;
  /// Locks one row; nothing if it is not there or another transaction has it.
  virtual std::optional<InboxRow> try_lock(const EventId& id) = 0;
  /// Writes both rows and deletes the event's delivery_starts. A deferred row that is there keeps its position, a new one goes to the end.
  virtual void settle(const EventId& id, const Fate& fate) = 0;
  /// Deletes delivery_starts of these: they are settled.
  virtual void finish_starts(std::span<const EventId> ids) = 0;

  /// Without locks, by a snapshot of its own: rows as committed (and as changed here).
  virtual std::map<EventId, InboxRow> look(const std::set<EventId>& ids) = 0;
  /// Those of the keys that a deferred row blocks, by a snapshot of its own.
  virtual std::set<std::string> blocked(const std::set<std::string>& keys) = 0;
  virtual std::optional<Deferred> deferred(const EventId& id) = 0;
  /// The lowest of the rows that block this key.
  virtual std::optional<EventId> head(const std::string& key) = 0;
  /// The highest event_at ever pruned.
  virtual std::optional<Timestamp> pruned_before() = 0;

  /// Writes a row of the consumer's outbox: a retry copy, a copy for the DLQ.
  virtual void publish(const OutgoingEvent& event) = 0;
  /// false: an act of this id on this event is there already.
  virtual bool record(const OperatorAction& action, const EventId& event) = 0;
  /// The handler's SQL runs here. The simulator has none and throws std::logic_error.
  virtual Transaction& transaction() = 0;
  /// What broke it, if anything did; known after the call that failed. Only rollback is possible then.
  virtual std::optional<Trouble> trouble() const { return std::nullopt; }
  virtual void commit() = 0;  // throws Transient, InDoubt, Unavailable
};

struct Due {
  EventId id;
  std::string key = {}, type = {};
  bool operator==(const Due&) const = default;
};

/// culprit, during a pause: it comes first, then those that tell of it, of its type and another key; of the others none may run.
struct DueQuery {
  DueQuery(int most, std::optional<Due> of = {}) : limit(most), culprit(std::move(of)) {}
  int limit;
  std::optional<Due> culprit;
  bool operator==(const DueQuery&) const = default;
};

struct PruneRule {
  Millis window;  // dedupe window
  bool queue_quiet =
      true;  // each queue handled something in the last hour, or is known to be empty: else nothing is pruned
  /// Else nothing is pruned unless, by the store's clock, events have been handled for half of the last hour: who slept
  /// for weeks still takes the queue for one that moves, and the first that comes back may be from the end of the backlog.
  bool queue_empty = true;
};

/// Who consumes, as it registers.
struct Instance {
  std::string
      name;  // of the program on its machine, the same after a restart; name#2, ... where a living process has it
  std::string owner = {};  // the process: this_process()
  std::string queue = {};
  std::vector<std::string> patterns = {};
  std::string ordering = "none";
  std::vector<Millis> delays = {};  // of wait queues at the broker
};

class InboxStore {
 public:
  virtual ~InboxStore() = default;
  virtual std::unique_ptr<InboxTx> begin() = 0;
  /// Joins a transaction that the user opened: commit() is not called, destroying it ends nothing.
  virtual std::unique_ptr<InboxTx> join(TransactionRef tx) = 0;
  /// Deferred events to be run now: heads that are blocked or due, and due ones that block nobody. Locked ones are not left out.
  virtual std::vector<Due> due(const DueQuery& query) = 0;
  /// Commits one more start of this event and tells of those before it that were not finished. number: of this process.
  virtual Starts start(const EventId& id, bool alone_in_queue, std::int64_t number) = 0;
  /// Those of the events with starts that were not finished; writes nothing. An event whose start stands here runs alone.
  virtual std::map<EventId, Starts> starts(const std::set<EventId>& ids) = 0;
  /// These are none: this instance did not die of them. May be called twice; another one that was begun since stays.
  virtual void take_back(std::span<const StartRef> starts) = 0;
  /// Events older than this may be forgotten; none: nothing may. It looks at an hour's rows: ask once for all rounds of a chore,
  /// and again when a queue that was empty is so no longer.
  virtual std::optional<Timestamp> prune_before(const PruneRule& rule) = 0;
  /// Forgets events from before that were settled over a window ago. Bounded; true: there is more.
  virtual bool prune(Millis window, Timestamp before, int limit) = 0;
  /// Written at start and, clean, at the end: what the last run of this instance left. Returns whether the last end was clean.
  virtual bool open_instance(const Instance& me) = 0;
  /// Takes back its starts that were not finished: it did not die of them.
  virtual void close_instance() = 0;
};

}  // namespace holdfast::ports
