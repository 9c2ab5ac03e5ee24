// What the demo does to the system, through the same doors that a careless operator or a broker has.
#pragma once
#include <string>
#include <vector>

#include "demo/private_servers.hpp"
#include "holdfast/event.hpp"

namespace holdfast::demo {

/// The last `count` orders' order.created once more, to every consumer. Returns their event ids.
std::vector<EventId> deliver_twice(const Layout& layout, int count);

/// Three events that no consumer can take: foreign bytes, a payload that breaks the contract, a type of nobody's.
/// Returns the ids under which they will be dead.
std::vector<EventId> publish_poison(const Layout& layout);

/// Nobody can write to the bus in the file for so long; returns how many seconds it was.
double take_bus_away(const Layout& layout, std::chrono::milliseconds length);
/// The broker is killed, and comes back after so long.
double take_broker_away(PrivateServers& servers, std::chrono::milliseconds length);

/// Kills inventory while it has events in its hands; returns how many. 0: none came, or it was not caught. Kafka tells only how many
/// it has not settled.
std::int64_t kill_inventory(System& system, const servers::Rabbit* rabbit);

/// As an operator may, by mistake: nobody gets these events any longer. declare_queues() puts it back.
void remove_binding(const servers::Rabbit& rabbit, const std::string& queue, const std::string& pattern);

/// Whether the broker returned an event of this type, which waits in the program's outbox.
bool was_returned(const Layout& layout, Part part, const std::string& type);

/// Until nothing waits in this program's outbox. Unavailable: not in time.
void wait_until_sent(const Layout& layout, Part part, std::chrono::milliseconds patience);

/// With inventory stopped: places orders whose card is declined, waits for their cancellation, and turns inventory's
/// queue: cancellations first. By itself none overtakes its order within a queue; on Kafka, where each type is a topic, one may.
/// Returns the orders' numbers.
std::vector<std::int64_t> let_cancelled_overtake(System& system, int count);

}  // namespace holdfast::demo
