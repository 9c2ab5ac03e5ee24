// A replay of many: a canary first, the rest at a rate by staggered due times. A plan without I/O; whoever follows it replays
// what it says, looks what became of the canary, and asks again. To stop, take back what is not due yet.
#pragma once
#include <vector>

#include "ports/inbox_store.hpp"

namespace holdfast::inbox {

struct ReplayPlan {
  int canary = 0;  // so many go first, alone
  double per_second = 0;  // 0: at once
};

class ReplayRun {
 public:
  struct One {
    EventId id;
    ports::Millis due_in{0};
    bool operator==(const One&) const = default;
  };
  ReplayRun(std::vector<EventId> ids, ReplayPlan plan) : ids_(std::move(ids)), plan_(plan) {}

  bool has_canary() const { return plan_.canary > 0 && static_cast<std::size_t>(plan_.canary) < ids_.size(); }
  /// Due now.
  std::vector<EventId> canary() const;
  /// Once every canary was handled.
  std::vector<One> rest() const;

 private:
  std::size_t first() const { return has_canary() ? static_cast<std::size_t>(plan_.canary) : 0; }
  std::vector<EventId> ids_;
  ReplayPlan plan_;
};

}  // namespace holdfast::inbox
