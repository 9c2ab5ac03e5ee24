// Empties the broker's DLQ of each consumer of a database, so that `dlq` shows all there is.
// One that cannot be read keeps nobody from the others. Blocking.
// Errors: Unavailable where the database is away (what was not acked stays in the DLQ).
#pragma once
#include <string>
#include <vector>

#include "ports/store_base.hpp"
#include "ports/transport_base.hpp"

namespace holdfast::admin {

struct NotLookedAt {
  std::string why;
  bool missing = false;  // there is no such DLQ: nothing is left in it
};
struct Imported {
  int taken_in = 0;  // the broker had dead-lettered them by itself
  int known = 0;     // copies of what the database knows
  std::vector<NotLookedAt> not_looked_at;
};
Imported import_dead_letters(detail::StoreBase& store, detail::TransportBase& transport);

}  // namespace holdfast::admin
