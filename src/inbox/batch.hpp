// What a lane does with the deliveries that it took: one transaction for all, and a bad event costs only itself.
#pragma once
#include <span>

#include "inbox/reading.hpp"
#include "inbox/report.hpp"
#include "inbox/surroundings.hpp"

namespace holdfast::inbox {

/// In delivery order. Stops where a handler's dependency or the store is away: report.settled are those before.
/// blame: `Unavailable` is a failure like any other.
Report run_events(const Surroundings& here, std::span<const Event> events, bool blame);

}  // namespace holdfast::inbox
