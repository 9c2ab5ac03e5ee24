// G5, link 1: when a close blames an event, all that were in flight are suspects. Each is sent again alone on a connection of its own;
// the one that closes that connection several times is refused, the others never are.
#pragma once
#include "outbox/flights.hpp"
#include "ports/mutants.hpp"

namespace holdfast::outbox {

/// A session ended and blames what it carried. true: this row is refused.
inline bool accuse(Row& row, Session session, int times_alone) {
  row.suspect = true;
  if (mutant("suspect_blames_all")) return true;
  return session == Session::suspects && ++row.times_alone >= times_alone;
}

}  // namespace holdfast::outbox
