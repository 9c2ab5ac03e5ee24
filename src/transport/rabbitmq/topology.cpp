#include "transport/rabbitmq/topology.hpp"

#include "transport/rabbitmq/closed.hpp"
#include "transport/rabbitmq/names.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

[[noreturn]] void fail(const std::string& what, const Closed& closed) {
  if (closed.code() != 406) rethrow(what, closed);
  throw Invalid(what, "on the broker it is another one, and it stays as it is: " + closed.reason() +
                          "; name another one (the subscription's queue, or broker.exchange), or delete this one once "
                          "nothing needs it");
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

/// Once more where the connection broke while nobody used it; not where the broker stands still.
void Topology::step(const std::string& what, const std::function<void(Channel&)>& work) {
  for (bool idle = connection_ != nullptr;; idle = false) {
    try {
      return work(channel());
    } catch (const Unencodable& never) { throw Invalid(what, never.what()); } catch (const Closed& closed) {
      if (dynamic_cast<const Silent*>(&closed) != nullptr) idle = false;
      channel_.reset();
      if (closed.code() == 0 || closed.code() == AMQP_CONNECTION_FORCED) connection_.reset();
      if (connection_ || !idle) fail(what, closed);
    }
  }
}

ports::Declared Topology::declare(const ports::Queue& queue) {
  const std::lock_guard lock(mutex_);
  make(queue);
  return std::exchange(restored_[queue.name], {});
}

void Topology::bring_back(const ports::Queue& queue) {
  const std::lock_guard lock(mutex_);
  make(queue);
}

void Topology::make(const ports::Queue& queue) {
  if (settings_->options.topology == holdfast::rabbitmq::Topology::verify) return verify(queue);
  const auto missing = this->missing(queue);
  auto& restored = restored_[queue.name];  // first: made half, it looks whole the next time
  if (!missing.restored.empty()) restored.restored = missing.restored;
  restored.queue_was_gone |= missing.queue_was_gone;
  for (const auto& piece : plan(queue, settings_->options.exchange)) make(piece);
  declared_.insert(queue.name);
}

/// Of what had been there.
ports::Declared Topology::missing(const ports::Queue& queue) {
  const bool known = queue.was_there || declared_.contains(queue.name);
  const bool queue_gone = known && !has_queue(queue.name), bindings_gone = queue_gone || (known && !has_exchange());
  return {bindings_gone ? queue.patterns : std::vector<std::string>{}, queue_gone};
}

void Topology::make(const Piece& piece) {
  if (const auto* exchange = std::get_if<PlannedExchange>(&piece))
    step(exchange->name, [&](Channel& c) { c.exchange(exchange->name, exchange->type); });
  else if (const auto* planned = std::get_if<PlannedQueue>(&piece))
    step(planned->name, [&](Channel& c) { c.queue(planned->name, table_of(*planned)); });
  else if (const auto* binding = std::get_if<PlannedBinding>(&piece))
    step(binding->queue, [&](Channel& c) { c.bind(binding->queue, binding->exchange, binding->pattern); });
}

void Topology::apply(const ports::Queue& queue, ports::Declared& missed) {
  const std::lock_guard lock(mutex_);
  missed = missing(queue);
  for (const auto& piece : plan(queue, settings_->options.exchange)) make(piece);
}

std::vector<std::string> Topology::describe(const ports::Queue& queue) const {
  std::vector<std::string> lines;
  for (const auto& piece : plan(queue, settings_->options.exchange)) lines.push_back(to_text(piece));
  return lines;
}

/// Declared once more where it is there: that changes nothing, and the broker says what is not the same.
std::vector<std::string> Topology::differences(const ports::Queue& queue) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> found;
  for (const auto& piece : plan(queue, settings_->options.exchange)) {
    if (std::holds_alternative<PlannedBinding>(piece)) continue;
    try {
      find(piece);
      make(piece);
    } catch (const Missing&) { found.push_back("missing: " + to_text(piece)); } catch (const Invalid& differs) {
      found.push_back(differs.what());
    }
  }
  return found;
}

void Topology::find(const Piece& piece) {
  if (const auto* exchange = std::get_if<PlannedExchange>(&piece))
    step(exchange->name, [&](Channel& c) { c.find_exchange(exchange->name); });
  else if (const auto* planned = std::get_if<PlannedQueue>(&piece))
    step(planned->name, [&](Channel& c) { c.find_queue(planned->name); });
}

std::string Topology::permissions(const std::string& user, const std::vector<ports::Queue>& queues) const {
  return "rabbitmqctl " + rabbitmq::permissions(settings_->broker.vhost, settings_->options.exchange, user, queues,
                                                settings_->options.topology == holdfast::rabbitmq::Topology::declare);
}

void Topology::verify(const ports::Queue& queue) {
  const auto& exchange = settings_->options.exchange;
  step(exchange, [&](Channel& c) { c.find_exchange(exchange); });
  std::vector<std::string> names{queue.name, ports::dead_letter_queue(queue.name)};
  for (const auto delay : queue.delays) names.push_back(wait_queue(queue.name, delay));
  for (const auto& name : names) step(name, [&](Channel& c) { c.find_queue(name); });
}

bool Topology::has_exchange() {
  const auto& name = settings_->options.exchange;
  try {
    step(name, [&](Channel& c) { c.find_exchange(name); });
    return true;
  } catch (const Missing&) { return false; }
}

bool Topology::has_queue(const std::string& name) {
  try {
    step(name, [&](Channel& c) { c.find_queue(name); });
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
