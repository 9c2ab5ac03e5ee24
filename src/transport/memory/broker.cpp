#include "transport/memory/broker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ports/topic.hpp"
#include "ports/wire_headers.hpp"

namespace holdfast::transport::memory {

std::string wait_queue(const std::string& queue, ports::Millis delay) {
  const std::string stem = queue.ends_with(".q") ? queue.substr(0, queue.size() - 2) : queue;
  const auto ms = delay.count();
  return ms % 1000 == 0 ? fmt::format("{}.retry.{}s.q", stem, ms / 1000) : fmt::format("{}.retry.{}ms.q", stem, ms);
}

ports::Declared Broker::declare(const ports::Queue& queue, bool with_delays) {
  ports::Declared declared;
  if (queue.was_there && !queues_.contains(queue.name)) declared = {queue.patterns, true};
  auto& known = queues_[queue.name];
  known.by_key = queue.by_key;
  for (const auto& pattern : queue.patterns) {
    const bool added = known.patterns.insert(pattern).second;
    if (!known.ever_declared.insert(pattern).second && added) declared.restored.push_back(pattern);
  }
  queues_[ports::dead_letter_queue(queue.name)];
  if (!with_delays) return declared;
  for (const auto delay : queue.delays) {
    auto& waiting = queues_[wait_queue(queue.name, delay)];
    waiting.leads_to = queue.name, waiting.delay = delay;
  }
  return declared;
}

void Broker::remove_binding(const std::string& queue, const std::string& pattern) {
  queues_[queue].patterns.erase(pattern);
}

ports::Topology::Depth Broker::depth(const std::string& queue) const {
  ports::Topology::Depth depth;
  const auto found = queues_.find(queue), dead = queues_.find(ports::dead_letter_queue(queue));
  if (found != queues_.end()) {
    const auto& letters = found->second.letters;
    depth.ready = static_cast<std::int64_t>(letters.size());
    depth.handed_out = std::ranges::count_if(letters, [](const auto& entry) { return entry.second.handed_out; });
  }
  if (dead != queues_.end()) depth.dead_letters = static_cast<std::int64_t>(dead->second.letters.size());
  return depth;
}

std::vector<std::string> Broker::queues() const {
  std::vector<std::string> names;
  for (const auto& [name, queue] : queues_) names.push_back(name);
  return names;
}

std::vector<std::string> Broker::wanted_by(const ports::OutgoingEvent& event) const {
  if (event.destination.empty()) return bound_to(event.type);
  return queues_.contains(event.destination) ? std::vector{event.destination} : std::vector<std::string>{};
}

std::vector<std::string> Broker::bound_to(const std::string& type) const {
  const auto matches = [&](const auto& pattern) { return ports::topic_matches(pattern, type); };
  std::vector<std::string> names;
  for (const auto& [name, queue] : queues_)
    if (std::ranges::any_of(queue.patterns, matches)) names.push_back(name);
  return names;
}

std::string Broker::publish(const ports::OutgoingEvent& event) {
  const auto names = wanted_by(event);
  const bool direct = !event.destination.empty();
  if (names.empty() && direct) return "there is no queue " + event.destination;
  if (names.empty() && !event.unrouted_ok) return "no queue is bound to " + event.type;
  ports::Delivery delivery;
  delivery.message_id = event.id.to_string(), delivery.type = event.type, delivery.body = event.envelope;
  delivery.headers = ports::headers_on_the_wire(event);
  for (const auto& name : names) put(name, delivery);
  return "";
}

bool Broker::put(const std::string& name, ports::Delivery event) {
  const auto found = queues_.find(name);
  if (found == queues_.end()) return false;
  ports::read_headers(event);
  event.tag = ++last_tag_;
  event.broker_time = clock_.utc();
  found->second.letters[event.tag] = Letter{std::move(event), 0, false, clock_.steady() + found->second.delay};
  return true;
}

/// In the order in which they became due.
void Broker::move_due_letters() {
  std::vector<std::pair<std::string, Letter>> due;
  for (auto& [name, queue] : queues_) {
    if (queue.leads_to.empty()) continue;
    std::erase_if(queue.letters, [&, to = queue.leads_to](auto& entry) {
      if (entry.second.due > clock_.steady()) return false;
      due.emplace_back(to, std::move(entry.second));
      return true;
    });
  }
  std::ranges::stable_sort(due, {}, [](const auto& entry) { return entry.second.due; });
  for (auto& [name, letter] : due) put(name, std::move(letter.event));
}

std::vector<ports::Delivery> Broker::take(const std::string& name, Holder holder, int most) {
  move_due_letters();
  auto& queue = queues_[name];
  if (queue.by_key && queue.active == 0) queue.active = holder;
  std::vector<ports::Delivery> out;
  if (queue.by_key && queue.active != holder) return out;
  for (auto& [tag, letter] : queue.letters) {
    if (static_cast<int>(out.size()) >= most) break;
    if (letter.holder != 0) continue;
    letter.holder = holder;
    letter.event.redelivered = std::exchange(letter.handed_out, true);
    out.push_back(letter.event);
  }
  return out;
}

bool Broker::holds_queue(const std::string& name, Holder holder) const {
  const auto found = queues_.find(name);
  return found != queues_.end() && (!found->second.by_key || found->second.active == holder);
}

bool Broker::empty_but_for(const std::string& name, Holder holder) const {
  const auto found = queues_.find(name);
  return found == queues_.end() ||
         std::ranges::all_of(found->second.letters, [&](const auto& entry) { return entry.second.holder == holder; });
}

void Broker::settle(const std::string& queue, Tag tag) { queues_[queue].letters.erase(tag); }

void Broker::end(const std::string& name, Holder holder) {
  auto& queue = queues_[name];
  if (queue.active == holder) queue.active = 0;
  for (auto& [tag, letter] : queue.letters)
    if (letter.holder == holder) letter.holder = 0;
}

}  // namespace holdfast::transport::memory
