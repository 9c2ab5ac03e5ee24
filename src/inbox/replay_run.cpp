#include "inbox/replay_run.hpp"

namespace holdfast::inbox {

std::vector<EventId> ReplayRun::canary() const {
  const auto count = static_cast<std::ptrdiff_t>(first());
  return {ids_.begin(), ids_.begin() + count};
}

std::vector<ReplayRun::One> ReplayRun::rest() const {
  std::vector<One> rest;
  for (std::size_t i = first(); i < ids_.size(); ++i) {
    const double seconds = plan_.per_second > 0 ? static_cast<double>(rest.size()) / plan_.per_second : 0;
    rest.push_back({ids_[i], ports::Millis(static_cast<ports::Millis::rep>(seconds * 1000))});
  }
  return rest;
}

}  // namespace holdfast::inbox
