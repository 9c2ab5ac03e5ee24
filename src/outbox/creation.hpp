// An event between its publish and its commit, for whoever follows events: the host makes a span of it.
// Destroyed without committed(): its transaction rolled back, or nobody knows; there was no event.
#pragma once
#include <functional>
#include <memory>

#include "holdfast/event.hpp"

namespace holdfast::outbox {

class Creation {
 public:
  virtual ~Creation() = default;
  virtual void committed() noexcept = 0;
};

/// Called for each event, on the thread that publishes. It finds the trace that the event continues ("": none), and leaves the
/// one that the event is to carry. null: nothing to tell later.
using BeginCreation = std::function<std::unique_ptr<Creation>(EventInfo& info)>;

}  // namespace holdfast::outbox
