// What is published: with the state that it tells of, in the order of the calls, and by a handler that runs again under the same ids.
#include <algorithm>
#include <utility>

#include "simulation/world/judge.hpp"

namespace sim {

/// No state without its events.
void Judge::told(const ServerTx& tx, std::size_t events_each) {
  std::map<int, std::set<EventId>> ids;
  for (const auto& row : tx.appended)
    if (const Subject* x = subject(row.event.envelope)) ids[x->number].insert(row.event.id);
  for (const auto& effect : tx.effects)
    if (const auto n = ids[effect.subject].size(); n != events_each)
      breach("G1", fmt::format("event {}: its transaction is committed with {} of the {} that it published",
                               effect.subject, n, events_each));
}

/// No event without its state.
void Judge::published(const ServerTx& tx) {
  std::map<std::string, int> last;  // by key
  for (const auto& row : tx.appended) {
    const Subject* x = subject(row.event.envelope);
    if (!x || x->commit == Subject::Commit::done) continue;  // republished
    if (std::ranges::none_of(tx.effects, [&](const Effect& effect) { return effect.subject == x->number; }))
      breach("G2", fmt::format("event {} is committed without the transaction in which it was published", x->number));
    if (x->key && std::exchange(last[*x->key], x->number) > x->number)
      breach("G4", fmt::format("event {} is written behind one of {} that its transaction published later", x->number,
                               *x->key));
  }
}

/// Who shares an id is renamed in the end, and what its handler publishes with it.
void Judge::audited(const Subject& x, const ports::Delivery& audit) {
  auto& ids = audit_ids_[x.number];
  ids.insert(audit.message_id);
  if (ids.size() > audits_each && !x.shares_id)
    breach("G3", fmt::format("event {}: its handler, run again, published under other ids", x.number));
}

}  // namespace sim
