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
#include <map>
#include <vector>

#include "outbox/backlog.hpp"
#include "outbox/flights.hpp"
#include "outbox/lease.hpp"
#include "outbox/round.hpp"
#include "outbox/session_line.hpp"
#include "outbox/settling.hpp"

namespace holdfast::outbox {

struct RelayStatus {
  bool owner = false;  // has the lease
  bool connected = false;  // main session open; false while `blocked` by the broker
  bool blocked = false;  // it is open, and the broker takes nothing
  std::size_t buffered = 0, bytes = 0, in_flight = 0, unmarked = 0, keys = 0;
  std::size_t blocked_keys = 0;  // nacked, returned or refused
  std::uint64_t confirmed = 0, nacked = 0, returned = 0, unknown = 0, refused = 0, marked = 0;
};

class Relay {
 public:
  Relay(RelayOptions options, ports::Random random);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Inputs
  void wake();  ///< a commit happened: read now
  void answered(Tick now, StoreAnswer answer);
  void opened(Tick now, Session session, ports::PublisherTraits traits);
  /// Results, and the session's state after them. Closed: what it had in flight without a result is unknown.
  void pumped(Tick now, Session session, const Pumped& pumped);
  void not_accepted(Token token);  ///< the publisher is full: offered again after its next pump()
  void stop();  ///< publish nothing new, mark what is confirmed, give the lease back

  // Outputs
  std::vector<Action> step(Tick now);  ///< all that is to be done now, in this order
  Tick next_tick() const;  ///< without an input before, step() has nothing to do until then
  const ports::OutgoingEvent& event(Token token) const;  ///< of a Publish that has no result yet
  const Flight* flight(Token token) const { return flights_.find(token); }  ///< likewise; null: it has one, or is over
  bool stopped() const;  ///< after stop(): nothing in flight, all marked, lease given back
  RelayStatus status() const;
  /// How long each confirm took that came since the last call.
  template <class F>
  void take_waits(F each) {
    for (const auto wait : waits_) each(wait);
    waits_.clear();
  }

 private:
  enum class Page { none, of_round, of_nameless };

  SessionLine& line(Session session) { return lines_[static_cast<std::size_t>(session)]; }
  const SessionLine& line(Session session) const { return lines_[static_cast<std::size_t>(session)]; }

  // relay.cpp: who may publish, what is published, what came of it
  void watch_lease(Tick now);
  void publish(Tick now);
  void send(Tick now, KeyQueue& key, Session session);
  void settle(Tick now, Flight flight, const ports::PublishResult& result);
  void confirm(Tick now, Flight flight);
  void nacked(Tick now, Flight flight, const std::string& error);
  void returned(Tick now, Flight flight, const std::string& error);
  void refused(Flight flight, const std::string& error);
  void suspect(Flight flight, const std::string& error);
  void alert(Tick now, const std::string& about, Alert alert);

  // relay_sessions.cpp
  void open_sessions(Tick now);
  void open(Session session);
  void close(Session session, std::string why, bool on_purpose);
  void close_late(Tick now);
  void stand(Tick now, Session session, bool standing);
  void ended(Tick now, Session session, const Pumped& pumped);

  // relay_store.cpp
  template <class Command>
  void ask(Command command) {
    out_.emplace_back(std::in_place_type<StoreCommand>, std::move(command));
  }
  void command_store(Tick now);
  void read(Tick now);
  void give_back();
  void take(Tick now, PageRead read);
  void take(Tick now, KeysRead read);
  void take(Tick now, Marked marked);
  void take(Tick now, Noted noted);
  void take(Tick now, LeaseAnswer answer);
  void take(Tick now, Released released);
  void take(Tick now, const StoreFailed& failed);
  bool wants_lease() const { return stopping_ ? owner_ && !releasing_ && !released_ : true; }
  Tick next_command() const;

  const RelayOptions options_;
  ports::Random random_;
  Lease lease_;
  Rounds rounds_;
  Backlog backlog_;
  Flights flights_;
  Marks marks_;
  Notes notes_;
  Backoff store_;
  SessionLine lines_[2];
  Page page_ = Page::none;  // being read
  bool looked_last_ = false;
  bool owner_ = false, pipelined_ = false;
  bool stopping_ = false, releasing_ = false, released_ = false;
  RelayStatus counts_;
  std::vector<Tick::duration> waits_;
  std::map<std::string, Tick> quiet_until_;  // alerts already given
  std::vector<Action> out_;
};

}  // namespace holdfast::outbox
