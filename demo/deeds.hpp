// What the demo did to the system; kept beside the databases, so that the account can be taken again.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "demo/system.hpp"
#include "holdfast/event.hpp"

namespace holdfast::demo {

struct Deeds {
  std::vector<std::int64_t> answered;  // orders by the number that their 201 told
  std::map<std::string, std::int64_t> stock;  // by product: on hand before the first order
  std::vector<EventId> twice, poison;  // event ids
  std::vector<std::int64_t> overtaken;  // orders whose cancellation came first; answered too
  std::map<std::string, std::int64_t> absorbed;  // by consumer: duplicates, as its program counted them
  std::int64_t killed_in_flight = 0;  // events handed to inventory when it was killed, not yet acked
  bool rabbitmq = false, kafka = false;  // else the bus in a file
  double back_after = 0, away = 0, caught_up_after = 0, settled_after = 0;  // seconds
  double unbound = 0, flowed_after = 0;  // seconds: stock.reserved had no binding, until the last of it went on
};
Deeds load_deeds(const Layout& layout);
void save_deeds(const Layout& layout, const Deeds& deeds);

}  // namespace holdfast::demo
