#include "transport/rabbitmq/topology.hpp"

#include "transport/rabbitmq/closed.hpp"
#include "transport/rabbitmq/names.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

// Positive, so that events given back come to the front; the crash guard has its own count. Behind a DLQ there is nothing.
constexpr std::int64_t most_deliveries = 1'000, endless_deliveries = 2'000'000'000;

Table quorum(std::int64_t deliveries) {
  Table arguments;
  arguments.text("x-queue-type", "quorum").integer("x-delivery-limit", deliveries);
  return arguments;
}

/// At least once: the broker keeps it until the queue behind has it. That needs reject-publish.
Table& dead_letters_to(Table& arguments, std::string_view exchange) {
  return arguments.text("x-dead-letter-exchange", exchange)
      .text("x-dead-letter-strategy", "at-least-once")
      .text("x-overflow", "reject-publish");
}

[[noreturn]] void fail(const std::string& what, const Closed& closed) {
  if (closed.code() != 406) rethrow(what, closed);
  throw Invalid(what, std::string("on the broker it is another one, and it stays as it is: ") + closed.what() +
                          "; give the subscription another queue, or delete this one once it is empty");
}

/// No heartbeats: between two declarations nobody serves the connection.
std::shared_ptr<const Settings> quiet(const Settings& settings) {
  auto copy = std::make_shared<Settings>(settings);
  copy->options.heartbeat = std::chrono::seconds(0);
  return copy;
}

}  // namespace

Topology::Topology(std::shared_ptr<const Settings> settings, const ports::Clock& clock)
    : settings_(quiet(*settings)), bell_(clock) {}

Channel& Topology::channel() {
  if (!connection_) connection_ = std::make_unique<Connection>(*settings_, bell_, static_cast<Sink&>(*this));
  if (!channel_) channel_.emplace(*connection_, amqp_channel_t{1}).open();
  return *channel_;
}

/// Once more where the connection broke while nobody used it.
void Topology::step(const std::string& what, const std::function<void(Channel&)>& work) {
  for (bool idle = connection_ != nullptr;; idle = false) {
    try {
      return work(channel());
    } catch (const Unencodable& never) { throw Invalid(what, never.what()); } catch (const Closed& closed) {
      channel_.reset();
      if (closed.code() == 0 || closed.code() == AMQP_CONNECTION_FORCED) connection_.reset();
      if (connection_ || !idle) fail(what, closed);
    }
  }
}

ports::Declared Topology::declare(const ports::Queue& queue) {
  const std::lock_guard lock(mutex_);
  make(queue);
  return {std::exchange(restored_[queue.name], {})};
}

void Topology::bring_back(const ports::Queue& queue) {
  const std::lock_guard lock(mutex_);
  make(queue);
}

void Topology::make(const ports::Queue& queue) {
  if (settings_->options.topology == holdfast::rabbitmq::Topology::verify) return verify(queue);
  const bool gone = declared_.contains(queue.name) && !is_there(queue);
  step(settings_->options.exchange, [&](Channel& c) { c.exchange(settings_->options.exchange, "topic"); });
  const auto dead = ports::dead_letter_queue(queue.name), exchange = dead_letter_exchange(queue.name);
  step(exchange, [&](Channel& c) { c.exchange(exchange, "fanout"); });
  step(dead, [&](Channel& c) {
    c.queue(dead, quorum(endless_deliveries));
    c.bind(dead, exchange, "");
  });
  make_work_queue(queue);
  if (gone) restored_[queue.name] = queue.patterns;
  declared_.insert(queue.name);
}

void Topology::make_work_queue(const ports::Queue& queue) {
  step(queue.name, [&](Channel& c) {
    Table arguments = quorum(most_deliveries);
    const auto exchange = dead_letter_exchange(queue.name);
    dead_letters_to(arguments, exchange);
    if (queue.by_key) arguments.yes("x-single-active-consumer");
    c.queue(queue.name, std::move(arguments));
  });
  for (const auto delay : queue.delays) {
    const auto name = wait_queue(queue.name, delay);
    step(name, [&](Channel& c) {
      Table arguments = quorum(most_deliveries);
      dead_letters_to(arguments, "").text("x-dead-letter-routing-key", queue.name);
      c.queue(name, std::move(arguments.integer("x-message-ttl", delay.count())));
    });
  }
  for (const auto& pattern : queue.patterns)
    step(queue.name, [&](Channel& c) { c.bind(queue.name, settings_->options.exchange, pattern); });
}

void Topology::verify(const ports::Queue& queue) {
  const auto& exchange = settings_->options.exchange;
  step(exchange, [&](Channel& c) { c.find_exchange(exchange); });
  std::vector<std::string> names{queue.name, ports::dead_letter_queue(queue.name)};
  for (const auto delay : queue.delays) names.push_back(wait_queue(queue.name, delay));
  for (const auto& name : names) step(name, [&](Channel& c) { c.find_queue(name); });
}

/// The queue and the exchange, without which there are no bindings.
bool Topology::is_there(const ports::Queue& queue) {
  try {
    step(queue.name, [&](Channel& c) {
      c.find_exchange(settings_->options.exchange);
      c.find_queue(queue.name);
    });
    return true;
  } catch (const Missing&) { return false; }
}

ports::Topology::Depth Topology::depth(const std::string& queue) {
  const std::lock_guard lock(mutex_);
  if (queue.empty()) {  // only whether the broker is there
    step(settings_->broker.name(), [](Channel&) {});
    return {};
  }
  return {.ready = ready(queue), .handed_out = 0, .dead_letters = ready(ports::dead_letter_queue(queue))};
}

std::int64_t Topology::ready(const std::string& queue) {
  std::int64_t count = 0;
  try {
    step(queue, [&](Channel& c) { count = c.find_queue(queue).ready; });
  } catch (const Missing&) { count = 0; }
  return count;
}

}  // namespace holdfast::transport::rabbitmq
