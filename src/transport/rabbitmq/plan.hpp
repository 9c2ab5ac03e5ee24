// What a queue needs on the broker, in the order in which it is declared: the one place that says so, for who declares it, who
// compares, who shows it, and who asks for rights.
#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "ports/topology.hpp"
#include "transport/rabbitmq/table.hpp"

namespace holdfast::transport::rabbitmq {

struct Argument {
  std::string name;
  std::variant<std::string, std::int64_t, bool> value;
};
struct PlannedExchange {
  std::string name;
  const char* type;
};
struct PlannedQueue {
  std::string name;
  std::vector<Argument> arguments;
};
struct PlannedBinding {
  std::string exchange, pattern, queue;
};
using Piece = std::variant<PlannedExchange, PlannedQueue, PlannedBinding>;

std::vector<Piece> plan(const ports::Queue& queue, const std::string& exchange);

/// The queue must outlive it.
Table table_of(const PlannedQueue& queue);
/// "queue inventory.order-created.q, x-queue-type=quorum, ..."
std::string to_text(const Piece& piece);

/// What follows `rabbitmqctl`: the least that a program with these queues can do with. declares: it makes what is missing.
std::string permissions(const std::string& vhost, const std::string& exchange, const std::string& user,
                        const std::vector<ports::Queue>& queues, bool declares);

}  // namespace holdfast::transport::rabbitmq
