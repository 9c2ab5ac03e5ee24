#include "simulation/broker/broker.hpp"

#include <algorithm>
#include <charconv>

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

std::shared_ptr<PublisherLink> Broker::link() {
  auto link = std::make_shared<PublisherLink>();
  link->keeps_session_order = traits().keeps_session_order;
  links_.push_back(link);
  return link;
}

void Broker::close(PublisherLink& link, ports::Blame blame, std::string why) {
  if (link.closed) return;
  link.closed = true, link.blame = blame, link.why = std::move(why);
  if (blame == ports::Blame::nobody) part(link);
  else link.pipe.clear();
}

bool Broker::dies(PublisherLink& link) {
  if (scheduler.random.chance(faults.lost_session))
    return ++counts.lost_sessions, close(link, ports::Blame::nobody, "connection reset"), true;
  if (scheduler.random.chance(faults.setup_blamed))
    return ++counts.blamed, close(link, ports::Blame::the_setup, "404: no exchange"), true;
  return false;
}

void Broker::tell(PublisherLink& link, std::uint64_t token, ports::Outcome outcome, const std::string& error) {
  counts.published += 1, counts.confirmed += outcome == ports::Outcome::confirmed;
  counts.nacks += outcome == ports::Outcome::nacked, counts.returns += outcome == ports::Outcome::returned;
  if (link.gone || link.closed) return;
  link.open.erase(token);
  link.results.push_back({token, outcome, error});
}

void Broker::take_from_publishers() {
  if (links_.empty()) return;
  PublisherLink& link = *links_[scheduler.random.below(static_cast<int>(links_.size()))];
  link.blocked = blocked;
  for (int n = scheduler.random.between(1, 4); n > 0 && !link.pipe.empty() && take(link);) --n;
}

Time Broker::next_from_publishers() const {
  Time next = never;
  for (const auto& link : links_)
    if (!link->pipe.empty()) next = std::min(next, std::max(scheduler.now + 1, away_until));
  return next;
}

bool Broker::publishers_idle() const {
  return std::all_of(links_.begin(), links_.end(), [](const auto& link) { return link->pipe.empty(); });
}

}  // namespace sim
