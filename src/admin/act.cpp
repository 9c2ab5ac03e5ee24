#include "admin/act.hpp"

#include <map>

namespace holdfast::admin {
namespace {

void count(Sum& sum, inbox::Acted acted) {
  switch (acted) {
    case inbox::Acted::done: ++sum.done; break;
    case inbox::Acted::out_of_turn: ++sum.done, ++sum.out_of_turn; break;
    case inbox::Acted::running: ++sum.running; break;
    case inbox::Acted::not_there: ++sum.not_there; break;
    case inbox::Acted::not_in_state: ++sum.not_in_state; break;
  }
}

template <class Act>
Sum each(detail::StoreBase& store, const Frozen& events, Act act) {
  Sum sum;
  std::map<std::string, std::unique_ptr<ports::InboxStore>> stores;
  for (const auto& view : events) {
    auto& inbox = stores[view.consumer];
    if (!inbox) inbox = store.inbox(view.consumer);
    inbox::Acts acts(*inbox);
    count(sum, act(acts, view));
  }
  return sum;
}

}  // namespace

std::string Sum::words() const {
  std::string out = std::to_string(done) + " done";
  if (out_of_turn > 0) out += ", " + std::to_string(out_of_turn) + " of them beside the order of their key";
  if (running > 0) out += ", " + std::to_string(running) + " run just now: look again";
  if (not_there > 0) out += ", " + std::to_string(not_there) + " settled meanwhile";
  if (not_in_state > 0) out += ", " + std::to_string(not_in_state) + " not in a state for it";
  return out;
}

Sum replay(detail::StoreBase& store, const Frozen& events, ports::OperatorAction action, double rate, const std::optional<std::string>& edited) {
  std::int64_t n = 0;
  return each(store, events, [&](inbox::Acts& acts, const ports::DeferredView& view) {
    const ports::Millis due_in(rate > 0 ? static_cast<std::int64_t>(1000.0 * static_cast<double>(n) / rate) : 0);
    ++n;
    return acts.replay(view.event.id, action, due_in, edited);
  });
}

Sum take_back(detail::StoreBase& store, const Frozen& events, ports::OperatorAction action) {
  return each(store, events, [&](inbox::Acts& acts, const ports::DeferredView& view) { return acts.take_back(view.event.id, action); });
}

Sum discard(detail::StoreBase& store, const Frozen& events, ports::OperatorAction action) {
  return each(store, events, [&](inbox::Acts& acts, const ports::DeferredView& view) { return acts.discard(view.event.id, action); });
}

Outcome outcome(detail::StoreBase& store, const Frozen& events) {
  Outcome sum;
  std::map<std::string, std::set<EventId>> ids;
  for (const auto& view : events) ids[view.consumer].insert(view.event.id);
  for (const auto& [consumer, wanted] : ids)
    for (const auto& [id, row] : store.inbox(consumer)->begin()->look(wanted)) {
      if (row.state == ports::State::dead) ++sum.dead;
      else if (row.state == ports::State::handled || row.state == ports::State::discarded) ++sum.settled;
      else ++sum.waiting;
    }
  return sum;
}

}  // namespace holdfast::admin
