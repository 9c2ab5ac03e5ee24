// Empties the broker's DLQ of each consumer of a database, so that `dlq` shows all there is.
// Blocking. Errors: Unavailable (what was not acked stays in the DLQ).
#pragma once
#include "ports/store_base.hpp"
#include "ports/transport_base.hpp"

namespace holdfast::admin {

struct Imported {
  int taken_in = 0;  // the broker had dead-lettered them by itself
  int known = 0;     // copies of what the database knows
};
Imported import_dead_letters(detail::StoreBase& store, detail::TransportBase& transport);

}  // namespace holdfast::admin
