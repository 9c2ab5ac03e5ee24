// What a PostgreSQL server knows of its transactions, as far as the ports can see it: READ COMMITTED, row locks, who waits
// for whom, transactions whose client is gone.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/inbox_store.hpp"
#include "ports/outbox_store.hpp"
#include "simulation/scheduler.hpp"

namespace sim {

using Xid = std::uint64_t;
struct ServerTx;

/// Something that one transaction at a time holds until its end.
struct Lockable {
  ServerTx* owner = nullptr;
  virtual ~Lockable() = default;
  virtual void end(bool commit) = 0;  // the owner's transaction ends
};

/// A row with its committed version and, while a transaction has changed it, the new one. Absent = not there.
template <class Value>
struct Row : Lockable {
  std::optional<Value> committed, changed;
  bool dirty = false;  // `changed` is the owner's version

  const std::optional<Value>& seen_by(const ServerTx* tx) const { return dirty && owner == tx ? changed : committed; }
  void end(bool commit) override {
    if (commit && dirty) committed = std::move(changed);
    changed.reset(), dirty = false, owner = nullptr;
  }
};

struct Advisory : Lockable {
  void end(bool) override { owner = nullptr; }
};

struct InboxEntry {
  holdfast::ports::InboxRow row;
  std::optional<holdfast::Timestamp> at;  // event_at
  Time settled = 0;
};
struct DeferredEntry {
  std::int64_t position = 0;
  Time due = 0;
  holdfast::ports::Deferred event;
};
struct ConsumerTables;

/// What a handler, or a producer, wrote into the user's tables.
struct Effect {
  holdfast::EventId id;  // of the event that it was given, or tells of it
  int subject = 0;  // the number in its payload
};

struct ServerTx {
  bool open = true;
  bool orphan = false;  // its client is gone; the server has not noticed
  Xid xid = 0;  // 0: has written no outbox row
  const ServerTx* waits_for = nullptr;
  std::vector<Lockable*> holds;
  std::vector<holdfast::ports::OutboxRow> appended;
  std::vector<Effect> effects;
  struct Touched {
    ConsumerTables* tables;
    holdfast::EventId id;
    Row<InboxEntry>* row;
  };
  std::vector<Touched> inbox;  // rows that it changed, some more than once

  void take(Lockable& row) {
    if (row.owner == this) return;
    row.owner = this;
    holds.push_back(&row);
  }
  template <class Value>
  void write(Row<Value>& row, std::optional<Value> value) {
    take(row);
    row.changed = std::move(value), row.dirty = true;
  }
};

}  // namespace sim
