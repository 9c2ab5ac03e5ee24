#include "outbox/flights.hpp"

#include <utility>

namespace holdfast::outbox {

Token Flights::add(Flight flight) {
  flight.token = ++last_;
  std::list<Flight>& flights = of(flight.session);
  by_token_.emplace(flight.token, flights.insert(flights.end(), std::move(flight)));
  return last_;
}

const Flight* Flights::find(Token token) const {
  const auto at = by_token_.find(token);
  return at == by_token_.end() ? nullptr : &*at->second;
}

Flight Flights::take(Token token) {
  const auto at = by_token_.find(token);
  Flight flight = std::move(*at->second);
  of(flight.session).erase(at->second);
  by_token_.erase(at);
  return flight;
}

std::list<Flight> Flights::take_all(Session session) {
  for (const Flight& flight : of(session)) by_token_.erase(flight.token);
  return std::exchange(of(session), {});
}

void Flights::delay(Session session, Millis time) {
  for (Flight& flight : of(session)) flight.deadline += time;
}

}  // namespace holdfast::outbox
