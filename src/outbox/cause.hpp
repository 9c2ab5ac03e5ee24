// The event that is being handled on this thread, for what its handler publishes: correlation, causation and derived ids, so that the
// handler, run again after a restore, publishes the same events. The host makes one around each call of a handler.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "holdfast/event.hpp"

namespace holdfast::outbox {

class Cause {
 public:
  /// event: null in a bulk handler, where each publish names its cause with caused_by().
  Cause(std::string consumer, const EventInfo* event);
  ~Cause();
  Cause(const Cause&) = delete;
  Cause& operator=(const Cause&) = delete;

  static Cause* current();  ///< of this thread; null outside of a handler
  const EventInfo* event() const { return event_; }
  /// The next id of this type that this cause leads to.
  EventId next_id(const EventId& cause, const std::string& type);

 private:
  std::string consumer_;
  const EventInfo* event_;
  std::map<std::pair<EventId, std::string>, std::uint64_t> ordinals_;
  Cause* outer_;
};

}  // namespace holdfast::outbox
