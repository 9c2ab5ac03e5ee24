// What the databases and the gateway's ledger say, read as it stands there and judged by nobody yet.
#pragma once
#include <holdfast/decimal.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "demo/system.hpp"
#include "holdfast/event.hpp"

namespace holdfast::demo {

struct BookedOrder {
  std::string status, reason;
  Money amount;
  std::map<std::string, std::int64_t> items;  // by product
};
struct Payment {
  std::string status;
  Money amount;
};
struct Charge {
  std::int64_t order = 0;
  Money amount;
  std::string outcome;
  bool refunded = false;
};
struct Sent {  // an event of a producer's outbox, pending or published
  EventId id;
  std::string type, key;
  std::int64_t attempts = 0;  // that the broker returned or refused
};
struct Received {  // by event: states as the tables have them
  std::string consumer;
  std::map<EventId, std::string> inbox, deferred;
};

struct Books {
  std::map<std::int64_t, BookedOrder> orders;
  std::map<std::int64_t, std::string> reservations;  // their states
  std::map<std::string, std::int64_t> reserved;  // by product: what the lines of those in state reserved say
  std::map<std::int64_t, Payment> payments;
  std::map<std::string, std::int64_t> stock;  // by product
  std::vector<Charge> ledger;
  std::int64_t gateway_tries = 0, tried_charges = 0,
               charged_in_the_end = 0;  // of charges that the gateway counts the tries of
  std::map<Part, std::vector<Sent>> sent;
  std::map<Part, Received> received;
  std::int64_t pending = 0, attempts = 0;  // in all three outboxes
};

/// Only reads: of a running system too, each database at one moment. Unavailable where one is not there.
Books read_books(const Layout& layout);

}  // namespace holdfast::demo
