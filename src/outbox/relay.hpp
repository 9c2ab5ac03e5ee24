// G1, link 2: only a confirm marks a row.
//
// The relay sends what is pending in the outbox, each key in order. It does no I/O and asks no clock: inputs go in, step() says what
// is to be done now. One thread at a time. Its driver:
//
//   relay thread        for (;;) {
//                         for (Action& action : relay.step(clock.steady()))
//                           StoreCommand -> queue to the outbox I/O thread;  Alert -> log;  all others -> Sender::perform
//                         Sender::pump(relay.next_tick())     // or wait for a wake-up, where no session is open
//                         relay.answered(now, answer)         // each that the I/O thread has ready, in the order it ran them
//                       }
//   outbox I/O thread   answer = run(command, store)          // store_commands.hpp; one by one, in the order queued
//   any thread          after a commit: set a flag, wake the relay thread, which then calls relay.wake()
//
// At most one command of each kind is out; the answers must come in the order in which the commands ran: what a read saw is judged
// by the reads before it.
#pragma once
#include <memory>
#include <vector>

#include "outbox/actions.hpp"
#include "outbox/options.hpp"
#include "ports/random.hpp"

namespace holdfast::outbox {

struct RelayStatus {
  bool owner = false;      // has the lease
  bool connected = false;  // main session open; false while `blocked` by the broker
  std::size_t buffered = 0, bytes = 0, in_flight = 0, unmarked = 0, keys = 0;
  std::size_t blocked_keys = 0;  // nacked, returned or refused
  std::uint64_t confirmed = 0, nacked = 0, returned = 0, unknown = 0, refused = 0, marked = 0;
};

class Relay {
 public:
  Relay(RelayOptions options, ports::Random random);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Inputs
  void wake();  ///< a commit happened: read now
  void answered(Tick now, StoreAnswer answer);
  void opened(Tick now, Session session, ports::PublisherTraits traits);
  /// Results, and the session's state after them. Closed: what it had in flight without a result is unknown.
  void pumped(Tick now, Session session, const Pumped& pumped);
  void not_accepted(Tick now, Token token);  ///< the publisher is full: offered again after its next pump()
  void stop();                               ///< publish nothing new, mark what is confirmed, give the lease back

  // Outputs
  std::vector<Action> step(Tick now);  ///< all that is to be done now, in this order
  Tick next_tick() const;              ///< without an input before, step() has nothing to do until then
  const ports::OutgoingEvent& event(Token token) const;  ///< of a Publish that has no result yet
  bool stopped() const;                ///< after stop(): nothing in flight, all marked, lease given back
  RelayStatus status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::outbox
