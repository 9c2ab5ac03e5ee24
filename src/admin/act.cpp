#include "admin/act.hpp"

#include <map>
#include <span>

namespace holdfast::admin {
namespace {

void count(Sum& sum, inbox::Acted acted) {
  switch (acted) {
    case inbox::Acted::done: ++sum.done; break;
    case inbox::Acted::out_of_turn: ++sum.done, ++sum.out_of_turn; break;
    case inbox::Acted::running: ++sum.running; break;
    case inbox::Acted::not_there: ++sum.not_there; break;
    case inbox::Acted::at_broker: ++sum.at_broker; break;
    case inbox::Acted::not_in_state: ++sum.not_in_state; break;
  }
}

/// What takes its key out of its order, or leaves it so, says so on record.
ports::OperatorAction on(const ports::DeferredView& view, ports::OperatorAction action) {
  if (!view.event.blocks_key) action.result = "done, beside the order of its key";
  return action;
}

template <class Act>
Sum each(detail::StoreBase& store, std::span<const ports::DeferredView> events, Act act) {
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

std::vector<EventId> ids_of(const Frozen& events) {
  std::vector<EventId> ids;
  for (const auto& view : events) ids.push_back(view.event.id);
  return ids;
}

Frozen first(const Frozen& events, std::size_t count) {
  return {events.begin(), events.begin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

std::string Sum::words() const {
  std::string out = std::to_string(done) + " done";
  if (out_of_turn > 0) out += ", " + std::to_string(out_of_turn) + " of them beside the order of their key";
  if (running > 0) out += ", " + std::to_string(running) + " run just now: look again";
  if (not_there > 0) out += ", " + std::to_string(not_there) + " settled meanwhile";
  if (at_broker > 0) out += ", " + std::to_string(at_broker) + " at the broker, waiting for the next try: not changed";
  if (not_in_state > 0) out += ", " + std::to_string(not_in_state) + " not in a state for it";
  return out;
}

Replay::Replay(detail::StoreBase& store, Frozen events, inbox::ReplayPlan plan, std::optional<std::string> edited)
    : store_(store), events_(std::move(events)), plan_(ids_of(events_), plan), edited_(std::move(edited)) {}

Sum Replay::canary(const ports::OperatorAction& action) {
  return each(store_, first(events_, plan_.canary().size()), [&](inbox::Acts& acts, const ports::DeferredView& view) {
    return acts.replay(view.event.id, on(view, action), {}, edited_);
  });
}

Outcome Replay::canary_outcome() const { return outcome(store_, first(events_, plan_.canary().size())); }

Sum Replay::rest(const ports::OperatorAction& action) {
  const auto rest = plan_.rest();
  auto next = rest.begin();
  return each(store_, std::span(events_).last(rest.size()), [&](inbox::Acts& acts, const ports::DeferredView& view) {
    return acts.replay(view.event.id, on(view, action), (next++)->due_in, edited_);
  });
}

Sum take_back(detail::StoreBase& store, const Frozen& events, ports::OperatorAction action) {
  return each(store, events, [&](inbox::Acts& acts, const ports::DeferredView& view) {
    return acts.take_back(view.event.id, action);
  });
}

Sum discard(detail::StoreBase& store, const Frozen& events, ports::OperatorAction action) {
  return each(store, events, [&](inbox::Acts& acts, const ports::DeferredView& view) {
    return acts.discard(view.event.id, on(view, action));
  });
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
