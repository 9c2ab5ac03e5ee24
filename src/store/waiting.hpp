// What waits, as both stores ask for it: a bounded number of rows, by an index that has little else in it. Whatever there is more of
// is estimated: rows are numbered as they come, so the share of numbers that are there in 500 narrow windows, spread evenly over
// the rest, tells how many there are in all.
#pragma once
#include "holdfast/transaction.hpp"
#include "ports/admin_store.hpp"

namespace holdfast::store {

struct WaitingSql {
  const char*
      outbox_first;  // $1 rows: their number, the refused ones, micros of the oldest, the last seq; the last seq of all
  const char* outbox_windows;  // $3 windows of $4 numbers in the $2 after $1: rows there
  const char* consumers;  // counted to $1: consumer, retrying, retry, blocked, dead
  const char* blocked_keys;  // of consumer $1, counted to $2: their number, micros of the first failure
  const char* deferred_first;  // $1 rows: consumer, state, number, last position
  const char* deferred_last;  // the last position of all
  const char* deferred_windows;  // as the outbox's: consumer, state, number
  const char* published;  // micros of the oldest
};

ports::Waiting waiting(TransactionRef tx, const WaitingSql& sql);

/// Of each consumer that is known: (consumer, number).
template <class Rows>
ports::Lately lately(std::int64_t published, const Rows& rows) {
  ports::Lately out{published, {}};
  for (const auto& [consumer, n] : rows) out.settled.emplace_back(consumer, n);
  return out;
}

}  // namespace holdfast::store
