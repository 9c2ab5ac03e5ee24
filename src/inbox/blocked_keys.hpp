// G4, link 6: the head of a key before its followers. Deferred events run again here. (9.5)
#pragma once
#include "inbox/reading.hpp"
#include "inbox/report.hpp"
#include "inbox/surroundings.hpp"

namespace holdfast::inbox {

/// Runs a due event and, where it blocks its key, up to `followers` behind it in the same transaction.
/// Nothing happens where it is locked, not due, or not the head of its key any more: the next look finds what is.
Report run_due(const Surroundings& here, const EventId& id, int followers, bool blame);

/// It is not to run: dead, for this reason.
Report bury_due(const Surroundings& here, const EventId& id, const Failure& why);

}  // namespace holdfast::inbox
