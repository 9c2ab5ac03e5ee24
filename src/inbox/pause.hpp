// G6: a dependency that is away uses up nothing. The subscription waits and probes, with another event of the same type and
// another key where there is one: if that one gets through, the first was to blame. One that does not is followed by the next,
// because it may be the one to blame; when all were tried the first has its turn, and then all again.
#pragma once
#include <iosfwd>
#include <optional>
#include <set>
#include <string>

#include "inbox/backoff.hpp"

namespace holdfast::inbox {

/// The event whose handler said `Unavailable`.
struct Culprit {
  EventId id;
  std::string type, key;
  bool deferred = false;
  bool operator==(const Culprit&) const = default;
};

class Pause {
 public:
  explicit Pause(Backoff backoff) : backoff_(backoff) {}

  /// The first one is the culprit; a probe was tried; the others only go back.
  void unavailable(ports::Tick now, const Culprit& culprit, bool was_probe);
  void over();
  bool tried(const EventId& id) const { return tried_.contains(id); }
  void try_all_again() { tried_.clear(); }

  bool on() const { return culprit_.has_value(); }
  bool waits(ports::Tick now) const { return on() && now < until_; }
  const Culprit& culprit() const { return *culprit_; }
  std::optional<ports::Tick> next(ports::Tick now) const { return waits(now) ? std::optional(until_) : std::nullopt; }

 private:
  Backoff backoff_;
  std::optional<Culprit> culprit_;
  std::set<EventId> tried_;
  int failures_ = 0;
  ports::Tick until_{};
};

}  // namespace holdfast::inbox
