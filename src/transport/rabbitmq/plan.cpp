#include "transport/rabbitmq/plan.hpp"

#include <fmt/format.h>

#include <set>

#include "transport/rabbitmq/names.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

// Positive, so that events given back come to the front; the crash guard has its own count. Behind a DLQ there is nothing.
constexpr std::int64_t most_deliveries = 1'000, endless_deliveries = 2'000'000'000;

PlannedQueue quorum(const std::string& name, std::int64_t deliveries) {
  return {name, {{"x-queue-type", "quorum"}, {"x-delivery-limit", deliveries}}};
}

/// At least once: the broker keeps it until the queue behind has it. That needs reject-publish.
PlannedQueue dead_letters_to(const std::string& exchange, PlannedQueue queue) {
  queue.arguments.insert(queue.arguments.end(), {{"x-dead-letter-exchange", exchange},
                                                 {"x-dead-letter-strategy", "at-least-once"},
                                                 {"x-overflow", "reject-publish"}});
  return queue;
}

PlannedQueue waiting(const ports::Queue& queue, ports::Millis delay) {
  auto waits = dead_letters_to("", quorum(wait_queue(queue.name, delay), most_deliveries));
  waits.arguments.push_back({"x-dead-letter-routing-key", queue.name});
  waits.arguments.push_back({"x-message-ttl", std::int64_t{delay.count()}});
  return waits;
}

std::string to_text(const Argument& argument) {
  if (const auto* text = std::get_if<std::string>(&argument.value)) return argument.name + "=" + *text;
  if (const auto* number = std::get_if<std::int64_t>(&argument.value))
    return fmt::format("{}={}", argument.name, *number);
  return argument.name + "=true";
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(R"(.^$*+?()[]{}|\)").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// In single quotes, for a shell.
std::string pattern(const std::set<std::string>& names) {
  std::string any;
  for (const auto& name : names) any += (any.empty() ? "" : "|") + escaped(name);
  return any.empty() ? "'^$'" : "'^(" + any + ")$'";
}

}  // namespace

std::vector<Piece> plan(const ports::Queue& queue, const std::string& exchange) {
  const auto dead = ports::dead_letter_queue(queue.name), dead_exchange = dead_letter_exchange(queue.name);
  auto work = dead_letters_to(dead_exchange, quorum(queue.name, most_deliveries));
  if (queue.by_key) work.arguments.push_back({"x-single-active-consumer", true});
  std::vector<Piece> all{PlannedExchange{exchange, "topic"}, PlannedExchange{dead_exchange, "fanout"},
                         quorum(dead, endless_deliveries), PlannedBinding{dead_exchange, "", dead}, std::move(work)};
  for (const auto delay : queue.delays) all.push_back(waiting(queue, delay));
  for (const auto& types : queue.patterns) all.push_back(PlannedBinding{exchange, types, queue.name});
  return all;
}

Table table_of(const PlannedQueue& queue) {
  Table table;
  for (const auto& [name, value] : queue.arguments) {
    if (const auto* text = std::get_if<std::string>(&value)) table.text(name, *text);
    else if (const auto* number = std::get_if<std::int64_t>(&value)) table.integer(name, *number);
    else table.yes(name);
  }
  return table;
}

std::string to_text(const Piece& piece) {
  if (const auto* exchange = std::get_if<PlannedExchange>(&piece))
    return fmt::format("exchange {}, {}, durable", exchange->name, exchange->type);
  if (const auto* binding = std::get_if<PlannedBinding>(&piece))
    return fmt::format("binding {} -> {}{}{}", binding->exchange, binding->queue, binding->pattern.empty() ? "" : ", ",
                       binding->pattern);
  const auto& queue = std::get<PlannedQueue>(piece);
  std::string text = "queue " + queue.name + ", durable";
  for (const auto& argument : queue.arguments) text += ", " + to_text(argument);
  return text;
}

/// To bind takes the right to write to the queue and to read from the exchange; to declare a queue with a dead-letter exchange, to
/// read the queue and to write to that exchange. "amq.default" is how rights call the exchange that leads to each queue.
std::string permissions(const std::string& vhost, const std::string& exchange, const std::string& user,
                        const std::vector<ports::Queue>& queues, bool declares) {
  std::set<std::string> made, written{exchange}, read;
  for (const auto& queue : queues) {
    written.insert("amq.default");
    read.insert({queue.name, ports::dead_letter_queue(queue.name)});
    for (const auto& piece : plan(queue, exchange)) {
      if (const auto* one = std::get_if<PlannedExchange>(&piece)) made.insert(one->name);
      if (const auto* one = std::get_if<PlannedQueue>(&piece)) made.insert(one->name);
    }
  }
  if (declares) written.insert(made.begin(), made.end()), read.insert(made.begin(), made.end());
  else made.clear();
  return fmt::format("set_permissions -p '{}' '{}' {} {} {}", vhost, user, pattern(made), pattern(written),
                     pattern(read));
}

}  // namespace holdfast::transport::rabbitmq
