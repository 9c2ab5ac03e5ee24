// Inbox deferred or dead <=> one deferred row: of all rows, those too that the transaction did not mean to touch.
#include "simulation/world/judge.hpp"

namespace sim {

using ports::Deferred;
using ports::State;

namespace {

bool set_aside(State state) { return state == State::deferred || state == State::dead; }

template <class Value>
const Value* after(const ServerTx& tx, const std::map<EventId, Row<Value>>& rows, const EventId& id) {
  const auto it = rows.find(id);
  if (it == rows.end()) return nullptr;
  const auto& seen = it->second.seen_by(&tx);
  return seen ? &*seen : nullptr;
}

}  // namespace

void Judge::in_both_tables(const ServerTx& tx, const ConsumerTables& tables) {
  for (const auto& [id, row] : tables.inbox)
    if (const auto& entry = row.seen_by(&tx); entry && set_aside(entry->row.state) && !after(tx, tables.deferred, id))
      breach("G1", fmt::format("an event is {} in the inbox, but not set aside", to_string(entry->row.state)));
  for (const auto& [id, row] : tables.deferred) {
    const auto& aside = row.seen_by(&tx);
    if (!aside) continue;
    const InboxEntry* entry = after(tx, tables.inbox, id);
    if (!entry || !set_aside(entry->row.state))
      breach("G1", fmt::format("an event is set aside, but in the inbox {}",
                               entry ? to_string(entry->row.state) : "not at all"));
    else if ((entry->row.state == State::dead) != (aside->event.wait == Deferred::Wait::dead))
      breach("G1", "an event is dead in one table only");
  }
}

}  // namespace sim
