// One try of a transaction, as a value. G6, link 1: what broke the transaction beneath the handler is judged by its own state,
// whatever the handler threw; it is no failure of the event.
#pragma once
#include <functional>
#include <memory>

#include "inbox/handlers.hpp"
#include "inbox/retry_policy.hpp"
#include "ports/inbox_store.hpp"

namespace holdfast::inbox {

struct Outcome {
  enum class Kind {
    committed,
    failed,  // the event's failure
    again,  // undone through no fault of its own, or nobody knows: the inbox answers
    unavailable,  // a handler's dependency is away
    store_down,
    ends,  // RunEnds
  };
  Kind kind = Kind::committed;
  Failure failure = {};  // of failed; else its error says what happened
  bool is(Kind other) const { return kind == other; }
};

/// What a handler threw, as a value.
Outcome of_handler(const std::function<void()>& run);
/// What calls of the port threw, as a value.
Outcome of_store(const std::function<void()>& calls);
/// The transaction's own state goes before what was thrown.
Outcome judged(const ports::InboxTx* tx, Outcome out);

/// body(tx) tells what it came to; committed: it is to be committed.
template <class Body>
Outcome attempt(ports::InboxStore& store, Body&& body) {
  std::unique_ptr<ports::InboxTx> tx;
  Outcome out;
  const Outcome calls = of_store([&] {
    tx = store.begin();
    out = judged(tx.get(), body(*tx));
    if (out.is(Outcome::Kind::committed)) tx->commit();
  });
  return calls.is(Outcome::Kind::committed) ? out : judged(tx.get(), calls);
}

/// Again until it is known what came of it. A transaction that is undone again and again: as if the store were down.
template <class Body>
Outcome finish(ports::InboxStore& store, Body&& body, int tries = 20) {
  for (;;) {
    Outcome out = attempt(store, body);
    if (!out.is(Outcome::Kind::again)) return out;
    if (--tries == 0) return {Outcome::Kind::store_down, out.failure};
  }
}

}  // namespace holdfast::inbox
