// G4, link 5: one key, one lane; what is of one key leaves it in the order in which it came.
// The events of a consumer that wait in this process. A held event stays where it is, and so do those of its key behind it;
// the others pass.
#pragma once
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "inbox/reading.hpp"

namespace holdfast::inbox {

class Lanes {
 public:
  using Test = std::function<bool(const Arrival&)>;
  Lanes(int lanes, int batch, bool by_key = true)
      : lanes_(static_cast<std::size_t>(lanes)), batch_(batch), by_key_(by_key) {}

  int count() const { return static_cast<int>(lanes_.size()); }
  /// By bits of the key's hash other than those of shard and partition; without a key by the id.
  int lane_of(const std::string& key, const EventId& id) const;

  void push(Arrival arrival);
  /// What a lane had taken and not settled: back in front, in order.
  void give_back(int lane, std::span<const Arrival> batch);
  void give_back(int lane, const ports::Due& due) { lanes_[static_cast<std::size_t>(lane)].due.push_front(due); }
  /// Those of a session that has ended leave; returns them.
  std::vector<Arrival> drop(std::uint64_t session);
  std::vector<Arrival> drop_all();

  /// The next batch of a lane. alone: this one shares no batch.
  std::vector<Arrival> take(int lane, const Test& held, const Test& alone);
  /// The first that may run now, of any lane, and passes the test.
  struct Found {
    int lane;
    Arrival arrival;
  };
  std::optional<Found> take_first(const Test& wanted, const Test& held);

  /// Due events, as the table has them now.
  void set_due(const std::vector<ports::Due>& due);
  std::optional<ports::Due> take_due(int lane, const std::function<bool(const ports::Due&)>& wanted);

  /// Does one that take_first would find wait here?
  bool can_go(const Test& wanted, const Test& held) const;
  bool has(const EventId& id) const;  // delivered or due
  bool empty() const;
  bool no_due() const;

 private:
  using Queue = std::deque<Arrival>;
  std::size_t first_in(const Queue& queue, const Test& wanted, const Test& held) const;
  bool waits_behind(const std::set<std::string>& keys, const Arrival& arrival) const;
  struct Lane {
    Queue queue;
    std::deque<ports::Due> due;
  };
  std::vector<Lane> lanes_;
  int batch_;
  bool by_key_;  // else all pass
};

}  // namespace holdfast::inbox
