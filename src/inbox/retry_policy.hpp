// What follows from a failure. Pure: a decision is a value, somebody else writes it.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "event/limits.hpp"
#include "holdfast/subscription.hpp"
#include "ports/inbox_store.hpp"

namespace holdfast::inbox {

struct Event;

/// Why an event had no effect. final: no use in trying again.
struct Failure {
  std::string reason;  // of inbox/reasons.hpp
  std::string error;
  bool final = false;
  bool operator==(const Failure&) const = default;
};

struct Policy {
  std::string consumer, queue;
  Ordering ordering = Ordering::by_key;
  AfterDead after_dead = AfterDead::block;
  RetryPolicy retry;
  int batch = 64;  // 1: handlers with outside effects, the transaction opens late
  event::Limits limits;
  int followers = 63;          // of a blocked head, in its transaction
  int crash_limit_alone = 20;  // as retry.crash_limit, with nothing else in the queue
  std::function<std::string(ports::Millis)> wait_queue = {};  // Receiver::destination_after; empty: none
  std::string dead_letter_queue = {};                         // Receiver::dead_letter_destination; "": none
};

struct Decision {
  ports::Fate fate;
  std::optional<ports::OutgoingEvent> outgoing = {};
  ports::Millis retry_in{};  // not dead: again after so long
};

/// After a failure of a delivery or, `was`, of an event that waited in `deferred`. random: of [0, 1), for the jitter.
Decision decide(const Policy& policy, const Event& event, const ports::Deferred* was, const Failure& why, Timestamp now,
                double random);

/// New and behind an earlier event of its key.
ports::Fate behind(const Policy& policy, const Event& event);

}  // namespace holdfast::inbox
