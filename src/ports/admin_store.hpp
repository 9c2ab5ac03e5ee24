// What an operator looks at and picks: rows by selection, counts. Acts on deferred events are inbox/acts over InboxStore.
// Threads: any. Each call is a transaction of its own. Errors: Unavailable.
#pragma once
#include "ports/inbox_store.hpp"
#include "ports/outbox_store.hpp"

namespace holdfast::ports {

struct Selection {
  std::string consumer = {}, type = {}, reason = {}, error = {}, key = {};  // "": any; error: a part of it
  std::vector<EventId> ids = {};  // empty: any
  std::optional<Timestamp> since = {}, until = {};  // deferred: first_failed_at; outbox: occurred_at
  int limit = 100;
};

struct OutboxView {
  OutboxRow row;
  std::string last_error;
  std::optional<Timestamp> published_at;  // none: pending
};
struct DeferredView {
  std::string consumer;
  std::int64_t position = 0;
  State state = State::deferred;  // or retrying: it waits in a queue of the broker
  int copy = 0;
  Deferred event;
};

struct ConsumerCounts {
  std::string consumer, queue;
  std::int64_t handled = 0, retrying = 0, retry = 0, blocked = 0, dead = 0, discarded = 0;
};
struct Status {
  std::int64_t pending = 0, refused = 0, published = 0;
  std::optional<Timestamp> oldest_pending;
  std::string lease_owner;
  Millis lease_left{0};
  std::vector<ConsumerCounts> consumers;
  int schema_version = 0;
};

/// What waits, for the gauges: asked for every few seconds, so it reads a bounded number of rows, whatever waits and whatever is
/// over. Numbers of events are exact up to `counted`; what is above is an estimate, but for retrying, which is not counted further.
struct Waiting {
  static constexpr std::int64_t counted = 10'000, counted_keys = 1'000;
  struct AtConsumer {
    std::string consumer;
    std::int64_t retrying = 0, retry = 0, blocked = 0, dead = 0;
    std::int64_t blocked_keys = 0;  // counted to counted_keys
    std::optional<Timestamp> blocked_since;  // first failure of the key among them that waits longest
    bool operator==(const AtConsumer&) const = default;
  };
  std::int64_t pending = 0,
               refused = 0;  // refused, oldest: of the first `counted` pending, which are the oldest by number
  std::optional<Timestamp> oldest_pending, oldest_published;
  std::string lease_owner;
  Millis lease_left{0};
  std::optional<std::int64_t> oldest_xmin;  // PostgreSQL: transactions since the oldest snapshot that keeps dead rows
  std::vector<AtConsumer> consumers;
};

/// What was done in the last while, for rates. Counted to `counted` each; events that leave no copy are not seen.
struct Lately {
  static constexpr std::int64_t counted = 100'000;
  std::int64_t published = 0;
  std::vector<std::pair<std::string, std::int64_t>> settled;  // consumer, events
};

/// What a consumer of this database asked for when it last started.
struct Subscribed {
  std::string consumer, queue;
  std::vector<std::string> patterns;
  bool by_key = true;
  std::vector<Millis> delays = {};  // of wait queues at the broker
};

class AdminStore {
 public:
  virtual ~AdminStore() = default;
  virtual Status status() = 0;  // counts all that is over too
  virtual Waiting waiting() = 0;
  virtual Lately lately(Millis span) = 0;
  virtual std::vector<std::string> consumers() = 0;
  /// By consumer; of one that had several queues, that of its last start is the last.
  virtual std::vector<Subscribed> subscriptions() = 0;
  virtual std::vector<OutboxView> pending(const Selection& selection) = 0;
  virtual std::vector<OutboxView> published(const Selection& selection) = 0;
  /// Only `dead`, or all that are set aside (retrying ones too).
  virtual std::vector<DeferredView> deferred(const Selection& selection, bool dead_only) = 0;

  // Acts on the outbox; each is an operator action and says how many rows it changed.
  virtual int retry_refused(std::span<const RowRef> rows, const OperatorAction& action) = 0;
  virtual int discard_pending(std::span<const RowRef> rows, const OperatorAction& action) = 0;
  /// Sends published ones again: to everybody, or to one queue.
  virtual int republish(std::span<const RowRef> rows, const std::string& destination, const OperatorAction& action) = 0;
};

}  // namespace holdfast::ports
