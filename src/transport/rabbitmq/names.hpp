// What the queues around a work queue are called: "inventory.order-created.q" has .dlx, .dlq and .retry.5s.q.
#pragma once
#include <string>

#include "ports/topology.hpp"

namespace holdfast::transport::rabbitmq {

std::string dead_letter_exchange(const std::string& queue);
/// The queue where an event waits for so long before it is back.
std::string wait_queue(const std::string& queue, ports::Millis delay);

}  // namespace holdfast::transport::rabbitmq
