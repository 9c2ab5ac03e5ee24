// G4, link 6: the head of a key before its followers. Deferred events run again here.
#pragma once
#include "inbox/reading.hpp"
#include "inbox/report.hpp"
#include "inbox/surroundings.hpp"

namespace holdfast::inbox {

/// The event as it is now, if it may run now; its lock is let go again.
struct DueNow {
  std::optional<Event> event;
  Report report = {};  // without an event: nothing to do, or the store is down
};
DueNow look_at_due(const Surroundings& here, const EventId& id);

/// Runs it and, where it blocks its key, up to `followers` behind it in the same transaction.
/// Nothing happens where it is locked, not due, or not the head of its key any more: the next look finds what is.
Report run_due(const Surroundings& here, const Event& event, int followers, bool blame);

}  // namespace holdfast::inbox
