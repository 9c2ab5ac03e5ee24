// An event of the simulated world: what its handler will do with it, and what has become of it so far.
#pragma once
#include <optional>
#include <string>

#include "ports/inbox_store.hpp"
#include "simulation/scheduler.hpp"

namespace sim {

enum class Temper {
  good,
  fails,         // so often
  fails_always,  // until the bug is fixed, as all below
  rejected,
  crashes,       // the process, each time
  hangs,         // the watchdog ends the process
  unavailable,   // says Unavailable, whatever its dependency
  forgets,       // its own transaction is never committed
};

struct Subject {
  int number = 0;
  holdfast::EventId id, renamed;  // renamed: by its body, where its id was taken
  std::string type, body, hash;
  std::optional<std::string> key;
  Temper temper = Temper::good;
  int fails = 0;
  bool unrouted = false;          // nobody is bound to its type, and that is fine
  bool refused = false;           // the broker closes the connection at it
  bool unencodable = false;       // the client refuses it
  bool invalid = false;           // its body is no event
  bool no_handler = false;        // of its type
  bool shares_id = false;         // with another one
  bool odd_time = false;          // long past, far away, or it tells none
  bool large = false;             // more than the consumer's outbox takes
  std::optional<holdfast::Timestamp> at;  // as the age rule sees it
  Time made = 0;                  // when its producer thought of it

  // What became of it.
  enum class Commit { not_yet, done, undone } commit = Commit::not_yet;
  bool lost = false;              // committed, then lost with a restore
  int order = 0;                  // among those of its key, by commit
  bool slept_through = false;     // on its way to be settled while all machines stood still for weeks
  bool reached = false;           // it came to the queue
  Time reached_at = 0;            // the first time
  int runs = 0, throws = 0;       // throws: failures that count
  int fresh_throws = 0;           // since its attempts or its copy changed
  int died_with = 0;              // the process ended while it ran
  int died_beside = 0;            // by the handler of another one
  int died_in_bad_release = 0;
  int left_at_stop = 0;           // its process stopped in good order, but could not say so: the store was away
  int loose_starts = 0;           // that nobody could take back
  int effects = 0;
  bool discarded = false, out_of_turn = false, was_dead = false, pruned = false, forgotten = false;
  bool undone = false;            // what became of it went with a restore of the consumer's database
  int decided = 0, allowed = 0;   // failures, since somebody lent a hand
  int copy = 0, attempts = 0;     // as last seen

  bool settled() const { return effects > 0 || discarded; }
  bool in_play() const { return commit == Commit::done && !lost && !forgotten; }
};

}  // namespace sim
