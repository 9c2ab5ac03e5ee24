// What one seed plays: how the system is set up and which faults it has. Many seeds have few kinds of them, some have all.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "holdfast/subscription.hpp"
#include "simulation/random.hpp"

namespace sim {

struct Setup {
  holdfast::Ordering ordering = holdfast::Ordering::by_key;
  holdfast::AfterDead after_dead = holdfast::AfterDead::block;
  bool via_broker = false;  // retries wait at the broker
  bool keeps_session_order = false;  // of the transport
  bool handlers_publish = false;
  bool enlisted = false;  // some producers bring a transaction of their own: each event is written at once
  bool own_transactions = false;  // some types
  bool any_type = false;  // one handler takes all types that no other one takes
  bool slow_acks = false;  // on the way for a while: a process that ends takes its last ones with it
  bool log = false;  // the transport keeps logs, as Kafka does; else queues
  bool eager = false;  // its rebalances
  int batch = 4, lanes = 2, events = 12, keys = 3, window = 4, partitions = 2;

  // Faults.
  bool kills = false;  // any process, at any step
  bool pauses = false;  // a process stands still, past its lease
  bool store_calls = false;  // lost calls, commits in doubt, dead clients that linger
  bool store_outages = false;
  bool server_crashes = false;  // of a database: sessions end, the last marks are lost
  bool sessions = false;  // connections to the broker die
  bool broker_outages = false;  // away, or blocked
  bool nacks = false;
  bool unbound = false;  // no binding is there
  bool refused = false;  // events that the broker will not take
  bool duplicates = false;
  bool late_commits = false, rollbacks = false;
  bool failures = false;  // handlers throw
  bool invalid = false;  // bodies that are no event, types without handler, ids used twice
  bool crashers = false;  // events that end the process, or hang
  bool bad_release = false;  // all events do, for a while
  bool dependency = false;  // handlers say Unavailable
  bool operators = false;
  bool broker_tools = false;  // delivery limits, a shovel
  bool prune = false;
  bool restore = false;  // of the producer's backup
  bool consumer_restore = false;  // of the consumer's; the operator republishes all then
  bool purges = false;  // of the DLQ, by a stranger
  bool lost_waits = false;  // so of the wait queues: retries via the broker do not come back
  bool clocks = false;  // jump
  bool stops = false;  // processes are asked to end, and do so in good order
  bool gaps = false;  // nothing happens for longer than the inbox remembers
  bool odd_times = false;  // events of 1970 and of 2099, and some that tell no time
  bool slow = false;  // handlers, now and then
  bool rebalances = false;  // of logs; of queues: what a lost session leaves is not flagged as redelivered
  bool retention = false;  // the start of a log moves up, seldom beyond what was handled

  bool by_key() const { return ordering == holdfast::Ordering::by_key; }
  /// Something may die, and its copy go to the DLQ.
  bool dead_letters() const {
    return failures || invalid || crashers || bad_release || kills || dependency || broker_tools || prune || clocks ||
           stops || purges;
  }
  bool publishes() const {
    return handlers_publish || via_broker || dead_letters();
  }  // the consumer's outbox has a relay
};

Setup draw(Random& random);
void draw_transport(Random& random, Setup& setup);
/// "by_key=1 kills=0": sets what is named. Throws std::invalid_argument.
void apply(const std::string& words, Setup& setup);
std::string to_string(const Setup& setup);

}  // namespace sim
