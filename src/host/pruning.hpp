// What one chore may forget of an inbox, round after round. The horizon looks at an hour's rows and is asked once; it holds for
// what lay in the queue then, so where that was nothing it is asked again when something comes: that may be old.
#pragma once
#include <functional>

#include "ports/inbox_store.hpp"

namespace holdfast::host {

class Pruning {
 public:
  using Horizon = std::function<std::optional<Timestamp>(bool queue_empty)>;
  using Round = std::function<bool(Timestamp before)>;  // true: there is more
  Pruning(Horizon horizon, Round round, bool queue_empty)
      : horizon_(std::move(horizon)),
        round_(std::move(round)),
        queue_empty_(queue_empty),
        before_(horizon_(queue_empty)) {}

  bool some(bool queue_empty) {
    if (queue_empty_ && !queue_empty) before_ = horizon_(false), queue_empty_ = false;
    return before_ && round_(*before_);
  }

 private:
  Horizon horizon_;
  Round round_;
  bool queue_empty_;
  std::optional<Timestamp> before_;
};

}  // namespace holdfast::host
