// A backup of a database: what is committed, and the way back to it.
#include "simulation/database/database.hpp"

namespace sim {
namespace {

template <class Key, class Value>
std::map<Key, Value> committed(const std::map<Key, Row<Value>>& rows) {
  std::map<Key, Value> out;
  for (const auto& [key, row] : rows)
    if (row.committed) out.emplace(key, *row.committed);
  return out;
}

/// Rows stay where they are, empty or not: a call may be waiting at one.
template <class Key, class Value>
void put_back(std::map<Key, Row<Value>>& rows, const std::map<Key, Value>& then) {
  for (auto& [key, row] : rows) row.committed.reset();
  for (const auto& [key, value] : then) rows[key].committed = value;
}

struct TablesThen {
  explicit TablesThen(const ConsumerTables& t)
      : inbox(committed(t.inbox)),
        deferred(committed(t.deferred)),
        starts(committed(t.starts)),
        instances(committed(t.instances)),
        pruned_before(t.pruned_before.committed),
        handled(t.handled) {}

  void put_back_into(ConsumerTables& t) const {
    put_back(t.inbox, inbox), put_back(t.deferred, deferred), put_back(t.starts, starts);
    put_back(t.instances, instances);
    t.pruned_before.committed = pruned_before, t.handled = handled;
  }

  std::map<EventId, InboxEntry> inbox;
  std::map<EventId, DeferredEntry> deferred;
  std::map<EventId, StartsEntry> starts;
  std::map<std::string, ConsumerTables::InstanceEntry> instances;
  std::optional<Timestamp> pruned_before;
  std::int64_t handled;
};

}  // namespace

struct Database::Backup {
  std::map<ports::Seq, Pending> outbox;
  std::map<ports::Seq, Published> published;
  std::map<std::pair<EventId, EventId>, std::string> actions;
  std::map<std::string, TablesThen> consumers;
  ports::Seq seq;
  Xid next_xid;
  std::int64_t position;
};

void Database::back_up() {
  Backup now{outbox, published, committed(actions), {}, seq_, next_xid_, position};
  for (const auto& [name, tables] : consumers) now.consumers.emplace(name, tables);
  backup_ = std::make_shared<const Backup>(std::move(now));
}

void Database::restore() {
  if (!backup_) return;
  end_sessions();
  outbox = backup_->outbox, published = backup_->published, unsynced.clear();
  put_back(actions, backup_->actions);
  for (const auto& [name, tables] : backup_->consumers) tables.put_back_into(consumers[name]);
  seq_ = backup_->seq, position = backup_->position;
  // A dump restored into a fresh server: its xids begin anew, those of the rows may lie in the future.
  next_xid_ = scheduler.random.chance(.5) ? Xid{3} : backup_->next_xid;
  lease_owner.clear();
}

}  // namespace sim
