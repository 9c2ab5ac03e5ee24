#include "simulation/broker/queue_broker.hpp"

#include <algorithm>

#include "ports/mutants.hpp"
#include "ports/topic.hpp"
#include "simulation/broker/queue_receiver.hpp"

namespace sim {
std::size_t BrokerQueue::unacked() const {
  std::size_t n = 0;
  for (const auto& [session, tags] : sessions) n += tags.size();
  return n;
}

// ---- queues and receivers -------------------------------------------------------------------------------------------

BrokerQueue& QueueBroker::declare(const std::string& name) {
  BrokerQueue& queue = queues[name];
  queue.name = name;
  return queue;
}

void QueueBroker::push(BrokerQueue& queue, ports::Delivery delivery) {
  on_push({queue.name, queue.bound, queue.sink}, delivery);
  if (queue.sink) return;
  const std::int64_t position = ++queue.last;
  if (queue.delay > 0) waiting_.emplace(scheduler.now + queue.delay, std::pair(&queue, position));
  queue.ready.emplace(position, std::move(delivery));
}

const ports::Delivery* QueueBroker::first(const std::string& name) const {
  const auto& ready = queues.at(name).ready;
  return ready.empty() ? nullptr : &ready.begin()->second;
}

void QueueBroker::drop_first(const std::string& name) {
  auto& ready = queues.at(name).ready;
  ready.erase(ready.begin());
}

std::unique_ptr<ports::Receiver> QueueBroker::receiver(const ReceiverSetup& setup) {
  return std::make_unique<QueueReceiver>(*this, setup);
}

std::uint64_t QueueBroker::join(BrokerQueue& queue) {
  queue.sessions.try_emplace(++last_session_);
  if (queue.active == 0) queue.active = last_session_;
  return last_session_;
}

bool QueueBroker::may_take(const BrokerQueue& queue, std::uint64_t session) const {
  return !away() && queue.sessions.contains(session) && !queue.ready.empty() &&
         (!queue.single_active || queue.active == session);
}

void QueueBroker::leave(BrokerQueue& queue, std::uint64_t session, bool flagged) {
  const auto it = queue.sessions.find(session);
  if (it == queue.sessions.end()) return;
  for (auto& [tag, unacked] : it->second) {
    unacked.delivery.redelivered |= flagged;
    ++counts.redelivered;
    const auto position = holdfast::mutant("requeue_to_the_back") ? ++queue.last : unacked.position;
    queue.ready.emplace(position, std::move(unacked.delivery));
  }
  queue.sessions.erase(it);
  if (queue.active != session) return;
  queue.active = 0;
  if (queue.sessions.empty()) return;
  auto heir = queue.sessions.begin();
  std::advance(heir, scheduler.random.below(static_cast<int>(queue.sessions.size())));
  queue.active = heir->first;
}

void QueueBroker::go_away(Time down_for) {
  away_until = std::max(away_until, scheduler.now + down_for);
  for (auto& link : links_) close(*link, ports::Blame::nobody, "the broker is away");
  for (auto& [name, queue] : queues)
    while (!queue.sessions.empty()) leave(queue, queue.sessions.begin()->first);
}

// ---- publishers -----------------------------------------------------------------------------------------------------

void QueueBroker::part(PublisherLink& link) {
  link.gone = true;
  const auto arrive = static_cast<std::size_t>(scheduler.random.below(static_cast<int>(link.pipe.size()) + 1));
  link.pipe.resize(arrive);
}

bool QueueBroker::route(const ports::OutgoingEvent& event, std::vector<BrokerQueue*>& out) {
  if (!event.destination.empty()) {
    if (auto it = queues.find(event.destination); it != queues.end()) out.push_back(&it->second);
  } else if (!unbound) {
    for (auto& [name, queue] : queues)
      if (queue.bound && std::any_of(queue.patterns.begin(), queue.patterns.end(),
                                     [&](auto& p) { return ports::topic_matches(p, event.type); }))
        out.push_back(&queue);
  }
  return !out.empty();
}

/// Each queue takes it or refuses it for itself: after a nack some of them have it.
ports::Outcome QueueBroker::publish(PublisherLink& link, const ports::OutgoingEvent& event) {
  std::vector<BrokerQueue*> to;
  if (const auto it = event.key ? link.refused_keys.find(*event.key) : link.refused_keys.end();
      it != link.refused_keys.end())
    return it->second;
  if (!route(event, to)) return event.unrouted_ok ? ports::Outcome::confirmed : ports::Outcome::returned;
  if (scheduler.random.chance(faults.nack))
    to[scheduler.random.below(static_cast<int>(to.size()))]->nacking = scheduler.random.between(1, 4);
  bool nacked = false;
  for (BrokerQueue* queue : to)
    if (queue->nacking > 0) nacked = true;
  for (BrokerQueue* queue : to) {
    if (queue->nacking > 0) --queue->nacking;
    else if (!nacked || !link.keeps_session_order) push(*queue, delivery_of(event));
  }
  return nacked ? ports::Outcome::nacked : ports::Outcome::confirmed;
}

bool QueueBroker::take(PublisherLink& link) {
  if (dies(link)) return true;
  const PublisherLink::Frame frame = std::move(link.pipe.front());
  link.pipe.pop_front();
  if (poison(frame.event)) {
    link.pipe.clear();  // of a connection whose client is gone too: nothing behind a bad frame is read
    return ++counts.refusals, close(link, ports::Blame::a_message, "501: frame error"), true;
  }
  const ports::Outcome outcome = publish(link, frame.event);
  if (outcome != ports::Outcome::confirmed && link.keeps_session_order && frame.event.key)
    link.refused_keys.emplace(*frame.event.key, outcome);
  tell(link, frame.token, outcome, outcome == ports::Outcome::confirmed ? "" : "the broker refused it");
  return true;
}

// ---- by itself ------------------------------------------------------------------------------------------------------

void QueueBroker::step() {
  std::erase_if(links_, [](const auto& link) { return (link->closed || link->gone) && link->pipe.empty(); });
  if (away()) return;
  take_from_publishers();
  move_what_waited();
}

void QueueBroker::move_what_waited() {
  while (!waiting_.empty() && waiting_.begin()->first <= scheduler.now) {
    const auto [queue, position] = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    const auto it = queue->ready.find(position);
    if (it == queue->ready.end()) continue;
    const bool twice = scheduler.random.chance(faults.duplicate);
    if (twice) ++counts.duplicates, push(this->queue(queue->next), it->second);
    push(this->queue(queue->next), std::move(it->second));
    queue->ready.erase(it);
  }
}

Time QueueBroker::next() const {
  const Time next = waiting_.empty() ? never : std::max(waiting_.begin()->first, away_until);
  return std::min(next, next_from_publishers());
}

bool QueueBroker::idle() const {
  return publishers_idle() && std::all_of(queues.begin(), queues.end(), [](const auto& q) {
           return q.second.ready.empty() && q.second.unacked() == 0;
         });
}

}  // namespace sim
