#include "inbox/lanes.hpp"

#include <algorithm>
#include <utility>

#include "event/key_hash.hpp"

namespace holdfast::inbox {

bool Lanes::waits_behind(const std::set<std::string>& keys, const Arrival& arrival) const {
  return by_key_ && !arrival.key.empty() && keys.contains(arrival.key);
}

int Lanes::lane_of(const std::string& key, const EventId& id) const {
  const std::uint64_t hash = key.empty() ? std::hash<EventId>()(id) : event::key_hash(key);
  return static_cast<int>((hash & 0xffffffff) % lanes_.size());
}

void Lanes::push(Arrival arrival) {
  Lane& lane = lanes_[static_cast<std::size_t>(lane_of(arrival.key, arrival.guard))];
  lane.queue.push_back(std::move(arrival));
}

void Lanes::give_back(int lane, std::span<const Arrival> batch) {
  auto& queue = lanes_[static_cast<std::size_t>(lane)].queue;
  queue.insert(queue.begin(), batch.begin(), batch.end());
}

std::vector<Arrival> Lanes::drop(std::uint64_t session) {
  std::vector<Arrival> dropped;
  for (Lane& lane : lanes_)
    std::erase_if(lane.queue, [&](const Arrival& arrival) {
      if (arrival.delivery->session != session) return false;
      dropped.push_back(arrival);
      return true;
    });
  return dropped;
}

std::vector<Arrival> Lanes::drop_all() {
  std::vector<Arrival> dropped;
  for (Lane& lane : lanes_) {
    dropped.insert(dropped.end(), lane.queue.begin(), lane.queue.end());
    lane.queue.clear();
  }
  return dropped;
}

std::vector<Arrival> Lanes::take(int lane, const Test& held, const Test& alone) {
  auto& queue = lanes_[static_cast<std::size_t>(lane)].queue;
  std::vector<Arrival> batch;
  std::set<std::string> waiting;
  for (auto it = queue.begin(); it != queue.end() && static_cast<int>(batch.size()) < batch_;) {
    if (held(*it) || waits_behind(waiting, *it)) {
      waiting.insert(it->key);
      ++it;
      continue;
    }
    const bool by_itself = alone(*it);
    if (by_itself && !batch.empty()) break;
    batch.push_back(std::move(*it));
    it = queue.erase(it);
    if (by_itself) break;
  }
  return batch;
}

std::optional<Lanes::Found> Lanes::take_first(const Test& wanted, const Test& held) {
  for (int lane = 0; lane < count(); ++lane) {
    Queue& queue = lanes_[static_cast<std::size_t>(lane)].queue;
    const std::size_t at = first_in(queue, wanted, held);
    if (at == queue.size()) continue;
    Found found{lane, std::move(queue[at])};
    queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(at));
    return found;
  }
  return {};
}

bool Lanes::can_go(const Test& wanted, const Test& held) const {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [&](const Lane& lane) { return first_in(lane.queue, wanted, held) < lane.queue.size(); });
}

bool Lanes::has(const EventId& id) const {
  return std::ranges::any_of(lanes_, [&](const Lane& lane) {
    return std::ranges::any_of(lane.queue, [&](const Arrival& a) { return a.guard == id; }) ||
           std::ranges::any_of(lane.due, [&](const ports::Due& due) { return due.id == id; });
  });
}

/// Where there is order none of its key is before it, held or not.
std::size_t Lanes::first_in(const Queue& queue, const Test& wanted, const Test& held) const {
  std::set<std::string> before;
  for (std::size_t at = 0; at < queue.size(); ++at) {
    if (!held(queue[at]) && !waits_behind(before, queue[at]) && wanted(queue[at])) return at;
    before.insert(queue[at].key);
  }
  return queue.size();
}

void Lanes::set_due(const std::vector<ports::Due>& due) {
  for (Lane& lane : lanes_) lane.due.clear();
  for (const auto& one : due) lanes_[static_cast<std::size_t>(lane_of(one.key, one.id))].due.push_back(one);
}

std::optional<ports::Due> Lanes::take_due(int lane, const std::function<bool(const ports::Due&)>& wanted) {
  auto& due = lanes_[static_cast<std::size_t>(lane)].due;
  const auto found = std::find_if(due.begin(), due.end(), wanted);
  if (found == due.end()) return {};
  ports::Due one = std::move(*found);
  due.erase(found);
  return one;
}

bool Lanes::empty() const {
  return std::all_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.queue.empty(); });
}

bool Lanes::no_due() const {
  return std::all_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.due.empty(); });
}

}  // namespace holdfast::inbox
