#include "simulation/broker/broker.hpp"

#include <algorithm>
#include <charconv>

#include "ports/mutants.hpp"
#include "ports/topic.hpp"

namespace sim {
namespace {

int number(const holdfast::Headers& headers, const char* name) {
  const auto it = headers.find(name);
  int out = 0;
  if (it != headers.end()) std::from_chars(it->second.data(), it->second.data() + it->second.size(), out);
  return out;
}

}  // namespace

ports::Delivery delivery_of(const ports::OutgoingEvent& event) {
  ports::Delivery d;
  d.message_id = event.id.to_string();
  d.type = event.type;
  d.headers = event.headers;
  if (event.key) d.headers[ports::header_key] = *event.key;
  if (const auto key = d.headers.find(ports::header_key); key != d.headers.end()) d.key = key->second;
  d.copy = number(d.headers, ports::header_copy);
  d.attempt = number(d.headers, ports::header_attempt);
  d.body = event.envelope;
  return d;
}

std::size_t BrokerQueue::unacked() const {
  std::size_t n = 0;
  for (const auto& [session, tags] : sessions) n += tags.size();
  return n;
}

// ---- queues and receivers -------------------------------------------------------------------------------------------

BrokerQueue& Broker::declare(const std::string& name) {
  BrokerQueue& queue = queues[name];
  queue.name = name;
  return queue;
}

void Broker::push(BrokerQueue& queue, ports::Delivery delivery) {
  on_push(queue, delivery);
  if (queue.sink) return;
  const std::int64_t position = ++queue.last;
  if (queue.delay > 0) waiting_.emplace(scheduler.now + queue.delay, std::pair(&queue, position));
  queue.ready.emplace(position, std::move(delivery));
}

std::uint64_t Broker::join(BrokerQueue& queue) {
  queue.sessions.try_emplace(++last_session_);
  if (queue.active == 0) queue.active = last_session_;
  return last_session_;
}

bool Broker::may_take(const BrokerQueue& queue, std::uint64_t session) const {
  return !away() && queue.sessions.contains(session) && !queue.ready.empty() &&
         (!queue.single_active || queue.active == session);
}

void Broker::leave(BrokerQueue& queue, std::uint64_t session, bool flagged) {
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

void Broker::go_away(Time down_for) {
  away_until = std::max(away_until, scheduler.now + down_for);
  for (auto& link : links_) close(*link, ports::Blame::nobody, "the broker is away");
  for (auto& [name, queue] : queues)
    while (!queue.sessions.empty()) leave(queue, queue.sessions.begin()->first);
}

// ---- publishers -----------------------------------------------------------------------------------------------------

std::shared_ptr<PublisherLink> Broker::link(bool keeps_session_order) {
  auto link = std::make_shared<PublisherLink>();
  link->keeps_session_order = keeps_session_order;
  links_.push_back(link);
  return link;
}

void Broker::close(PublisherLink& link, ports::Blame blame, std::string why) {
  if (link.closed) return;
  link.closed = true, link.blame = blame, link.why = std::move(why);
  if (blame == ports::Blame::nobody) part(link);
  else link.pipe.clear();
}

void Broker::part(PublisherLink& link) {
  link.gone = true;
  const auto arrive = static_cast<std::size_t>(scheduler.random.below(static_cast<int>(link.pipe.size()) + 1));
  link.pipe.resize(arrive);
}

bool Broker::route(const ports::OutgoingEvent& event, std::vector<BrokerQueue*>& out) {
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
ports::Outcome Broker::publish(PublisherLink& link, const ports::OutgoingEvent& event) {
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

void Broker::take(PublisherLink& link) {
  if (scheduler.random.chance(faults.lost_session))
    return ++counts.lost_sessions, close(link, ports::Blame::nobody, "connection reset");
  if (scheduler.random.chance(faults.setup_blamed))
    return ++counts.blamed, close(link, ports::Blame::the_setup, "404: no exchange");
  const PublisherLink::Frame frame = std::move(link.pipe.front());
  link.pipe.pop_front();
  if (poison(frame.event)) {
    link.pipe.clear();  // of a connection whose client is gone too: nothing behind a bad frame is read
    return ++counts.refusals, close(link, ports::Blame::a_message, "501: frame error");
  }
  const ports::Outcome outcome = publish(link, frame.event);
  counts.published += 1, counts.confirmed += outcome == ports::Outcome::confirmed;
  counts.nacks += outcome == ports::Outcome::nacked, counts.returns += outcome == ports::Outcome::returned;
  if (outcome != ports::Outcome::confirmed && link.keeps_session_order && frame.event.key)
    link.refused_keys.emplace(*frame.event.key, outcome);
  if (link.gone || link.closed) return;
  link.open.erase(frame.token);
  link.results.push_back({frame.token, outcome, outcome == ports::Outcome::confirmed ? "" : "the broker refused it"});
}

// ---- by itself ------------------------------------------------------------------------------------------------------

void Broker::step() {
  std::erase_if(links_, [](const auto& link) { return (link->closed || link->gone) && link->pipe.empty(); });
  if (away()) return;
  if (!links_.empty()) {
    PublisherLink& link = *links_[scheduler.random.below(static_cast<int>(links_.size()))];
    link.blocked = blocked;
    for (int n = scheduler.random.between(1, 4); n > 0 && !link.pipe.empty(); --n) take(link);
  }
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

Time Broker::next() const {
  Time next = waiting_.empty() ? never : std::max(waiting_.begin()->first, away_until);
  for (const auto& link : links_)
    if (!link->pipe.empty()) next = std::min(next, std::max(scheduler.now + 1, away_until));
  return next;
}

bool Broker::idle() const {
  return std::all_of(links_.begin(), links_.end(), [](const auto& link) { return link->pipe.empty(); }) &&
         std::all_of(queues.begin(), queues.end(),
                     [](const auto& q) { return q.second.ready.empty() && q.second.unacked() == 0; });
}

}  // namespace sim
