#include "ports/topology.hpp"

namespace holdfast::ports {

std::string stem(const std::string& queue) { return queue.ends_with(".q") ? queue.substr(0, queue.size() - 2) : queue; }

std::string dead_letter_queue(const std::string& queue) { return stem(queue) + ".dlq"; }

}  // namespace holdfast::ports
