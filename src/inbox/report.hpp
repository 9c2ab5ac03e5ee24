// What came of a run: for the session (what to acknowledge, how to go on), the metrics and the log.
#pragma once
#include <iosfwd>
#include <string>
#include <vector>

#include "holdfast/event.hpp"
#include "ports/inbox_store.hpp"

namespace holdfast::inbox {

/// How an event is to be run.
struct How {
  bool guarded = false;         // its start is written down first: it was delivered before, or deferred
  bool exclusive = false;       // nothing else runs in the process
  bool alone_in_queue = false;  // nor waits
  bool blame = false;           // `Unavailable` counts as a failure: others of its type get through
  bool operator==(const How&) const = default;
};
std::ostream& operator<<(std::ostream& out, const How& how);

/// A handler's failure, for log and on_dead_letter.
struct Setback {
  EventInfo info;
  std::string reason, error;
  bool dead = false;
  ports::Millis retry_in{0};  // not dead
};

struct Counts {
  int handled = 0;
  int duplicates = 0;   // absorbed
  int behind = 0;       // deferred behind an earlier one of their key
  int deferred = 0;     // retries that wait in the database
  int retrying = 0;     // retries that wait at the broker
  int dead = 0;
  int out_of_turn = 0;  // by_key: took effect beside the order, by an operator's hand
  int dropped = 0;      // copies from the DLQ of what the database knows
  Counts& operator+=(const Counts& other);
  bool operator==(const Counts&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Counts& counts);

struct Report {
  enum class End {
    done,         // all that was given is settled
    suspect,      // not begun: it has starts that were not finished and must run alone
    unavailable,  // a handler said so: pause
    store_down,
  };
  End end = End::done;
  std::size_t settled = 0;  // of the deliveries given, from the first on
  Counts counts;
  std::vector<Setback> setbacks;
  std::vector<Timestamp>
      effects;  // when the events occurred whose effects were committed; those without a time are left out
  ports::Starts starts;  // of a suspect
  std::string why;       // of unavailable and store_down, in words
  std::string type;      // of the event whose handler said unavailable
  bool id_taken = false;  // an event came under the id of another one
  bool more = false;     // a deferred run: others of its key may be due now
};

}  // namespace holdfast::inbox
