// The outbox as publish and the relay need it. OutboxWriter: any thread. OutboxStore: one connection, one thread (outbox I/O);
// each call is a transaction of its own.
// Errors: Unavailable (nothing known about that call; every call may be repeated).
#pragma once
#include "holdfast/transaction.hpp"
#include "ports/values.hpp"

namespace holdfast::ports {

using Seq = std::int64_t;

struct OutboxRow {
  Seq seq = 0;
  int attempts = 0;
  bool refused = false;
  OutgoingEvent event;
  bool operator==(const OutboxRow&) const = default;
};
struct RowRef {
  Seq seq = 0;
  EventId id;
  auto operator<=>(const RowRef&) const = default;
};
struct KeyFrom {
  std::string key;
  Seq after = 0;
  bool operator==(const KeyFrom&) const = default;
};

/// What a read saw. PostgreSQL: pg_current_snapshot(); SQLite: the last seq; "": saw nothing.
struct Snapshot {
  std::string opaque;
  bool operator==(const Snapshot&) const = default;
};
/// A walk over all pending rows that `not_seen_by` did not see, in pages that all see what `as_of` does.
struct Round {
  Snapshot not_seen_by, as_of;
  Seq after = 0;
  bool operator==(const Round&) const = default;
};
struct Page {
  std::vector<OutboxRow> rows;
  Round next;  // last: the round after this one, else the next page
  bool last = false;  // of its round
};

/// Writes rows in an open transaction, whoever opened it: keys locked first and sorted, so that seq order is commit
/// order for each key. Stateless; the store room defines one for each dialect.
class OutboxWriter {
 public:
  virtual ~OutboxWriter() = default;
  virtual void append(TransactionRef tx, std::span<const OutgoingEvent> events) const = 0;
};
const OutboxWriter& outbox_writer(Dialect dialect);

class OutboxStore {
 public:
  virtual ~OutboxStore() = default;
  /// Pending rows, by seq, that round.not_seen_by did not see and round.as_of does (empty: this page fixes it).
  /// Never hides a row for good: what a page leaves out, a later round returns; but rows of the keys `without`, which come by key.
  /// Where as_of means nothing any more the round ends with an empty page, and the next one returns everything.
  virtual Page read(const Round& round, int limit, std::span<const std::string> without = {}) = 0;
  /// The next rows of these keys, at most limit_each of each, by seq.
  virtual std::vector<OutboxRow> read_keys(std::span<const KeyFrom> keys, int limit_each) = 0;
  /// Moves rows to the published ones (rows with a destination leave no copy). A wrong id has no effect: returns how many moved.
  virtual int mark_published(std::span<const RowRef> rows) = 0;
  /// One more attempt, for display; refused: the broker will not take it.
  virtual void note_failure(std::span<const RowRef> rows, const std::string& error, bool refused) = 0;
  /// Takes or keeps the lease by compare-and-set on the database clock; true: ours for `ttl` from now.
  /// The owner is "host/pid/start-time": on the same host a dead owner's lease is free at once.
  virtual bool renew(const std::string& owner, Millis ttl) = 0;
  virtual void release(const std::string& owner) = 0;
  /// Bounded deletes of published rows that are older; true: there is more.
  virtual bool retain(Millis published, int limit) = 0;
};

}  // namespace holdfast::ports
