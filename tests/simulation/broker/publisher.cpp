#include "simulation/broker/publisher.hpp"

#include "holdfast/errors.hpp"

namespace sim {

SimPublisher::SimPublisher(Broker& broker) : broker_(broker) {
  broker.scheduler.point();
  if (broker.away()) throw holdfast::Unavailable("the broker is away");
  link_ = broker.link();
}

SimPublisher::~SimPublisher() { broker_.part(*link_); }

bool SimPublisher::accept(const ports::Publication& publication) {
  if (link_->closed || link_->blocked || link_->open.size() >= 32) return false;
  link_->open.insert(publication.token);
  on_accept(publication);
  if (refuses(*publication.event)) {
    link_->open.erase(publication.token);
    link_->results.push_back({publication.token, ports::Outcome::refused, "the client cannot encode it"});
    if (link_->keeps_session_order && publication.event->key)
      link_->refused_keys.emplace(*publication.event->key, ports::Outcome::nacked);
  } else if (auto refusal = broker_.look(*link_, publication)) {
    link_->open.erase(publication.token);
    if (publication.event->key) link_->refused_keys.emplace(*publication.event->key, refusal->outcome);
    link_->results.push_back(*std::move(refusal));
  } else {
    link_->pipe.push_back({publication.token, *publication.event});
  }
  return true;
}

ports::SessionState SimPublisher::pump(ports::Tick until, std::vector<ports::PublishResult>& results) {
  broker_.scheduler.wait([this] { return woken_ || link_->closed || !link_->results.empty(); }, time_of(until));
  woken_ = false;
  const std::size_t first = results.size();
  results.insert(results.end(), link_->results.begin(), link_->results.end());
  link_->results.clear();
  if (link_->closed)
    for (const auto token : std::exchange(link_->open, {}))
      results.push_back({token, ports::Outcome::unknown, link_->why});
  for (std::size_t i = first; i < results.size(); ++i) on_result(results[i]);
  if (link_->closed) return ports::SessionState::closed;
  return link_->blocked ? ports::SessionState::blocked : ports::SessionState::open;
}

}  // namespace sim
