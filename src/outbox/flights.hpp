// What was published and has no result yet: by token, and oldest first for each session.
#pragma once
#include <list>
#include <unordered_map>

#include "outbox/key_queue.hpp"
#include "outbox/options.hpp"

namespace holdfast::outbox {

struct Flight {
  Token token = 0;
  Session session = Session::main;
  Tick since{}, deadline{};
  KeyQueue* key = nullptr;
  Row row;
};

class Flights {
 public:
  Token add(Flight flight);
  /// Null: it has its result already, or comes from a session that is over.
  const Flight* find(Token token) const;
  Flight take(Token token);
  std::list<Flight> take_all(Session session);  ///< oldest first
  void delay(Session session, Millis time);     ///< the broker stood still for so long

  std::size_t size() const { return by_token_.size(); }
  bool empty(Session session) const { return of(session).empty(); }
  Tick first_deadline(Session session) const { return empty(session) ? Tick::max() : of(session).front().deadline; }

 private:
  std::list<Flight>& of(Session session) { return sessions_[static_cast<std::size_t>(session)]; }
  const std::list<Flight>& of(Session session) const { return sessions_[static_cast<std::size_t>(session)]; }

  std::list<Flight> sessions_[2];
  std::unordered_map<Token, std::list<Flight>::iterator> by_token_;
  Token last_ = 0;
};

}  // namespace holdfast::outbox
