// What the demo does to the system, through the same doors that a careless operator or a broker has.
#pragma once
#include <string>
#include <vector>

#include "holdfast/event.hpp"

#include "demo/system.hpp"

namespace holdfast::demo {

/// The last `count` orders' order.created once more, to every consumer. Returns their event ids.
std::vector<EventId> deliver_twice(const Layout& layout, int count);

/// Three events that no consumer can take: foreign bytes, a payload that breaks the contract, a type of nobody's.
/// Returns the ids under which they will be dead.
std::vector<EventId> publish_poison(const Layout& layout);

/// Nobody can write to the bus for so long; returns how many seconds it was.
double take_bus_away(const Layout& layout, std::chrono::milliseconds length);

/// With inventory stopped: places orders whose card is declined, waits for their cancellation, and lets the cancellation
/// overtake the creation in inventory's queue. Returns the orders' numbers.
std::vector<std::int64_t> let_cancelled_overtake(System& system, int count);

}  // namespace holdfast::demo
