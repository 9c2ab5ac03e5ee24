// Every interval and limit of the relay.
#pragma once
#include <cstddef>
#include <string>

#include "ports/values.hpp"

namespace holdfast::outbox {

using ports::Millis;

struct Span {  // of a backoff: the first wait, doubled up to the last
  Millis first, last;
};

struct RelayOptions {
  std::string owner = {};  // of the lease: "host/pid/start-time"

  int window = 1000;  // published and not yet confirmed, over all keys; also the rows of a page
  int rows_of_a_key = 64;  // buffered of one key; the rest stays in the table
  int refill_below = 16;  // then the key's next rows are read
  int windows_buffered = 16;  // in all, at most this many windows of rows
  std::size_t bytes_buffered = 16 * 1024 * 1024;  // and about this much memory
  int mark_batch = 1000;
  // Not sooner after the last: a key alone is confirmed one by one, and each mark is a transaction.
  Millis mark_every{20};

  Millis confirm_timeout{30'000};  // later than this is unknown: the session ends
  Span nacked{Millis(100), Millis(10'000)};  // full jitter
  Span returned{Millis(5'000), Millis(300'000)};
  Millis refused_look{5'000};  // has an operator retried or discarded it?
  Span reconnect{Millis(100), Millis(2'000)};  // full jitter
  Millis setup_wait{5'000};  // after a close that blames rights or topology
  Span store_away{Millis(100), Millis(2'000)};  // full jitter
  Span poll{Millis(5), Millis(250)};  // busy to idle
  // A commit is read at once, but a round begins not sooner than this after the last: each costs a round trip, however few it finds.
  Millis read_every{4};
  Millis lease_ttl{10'000};
  Millis lease_renew{3'000};
  int times_alone = 3;  // closing its session alone this often, an event is refused
  Millis alert_again{60'000};  // the same trouble of one event type
};

}  // namespace holdfast::outbox
