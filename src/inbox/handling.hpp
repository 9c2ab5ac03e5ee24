// How handlers are called: those that share the transaction around them, those with outside effects (batch = 1), those that
// bring their own transaction.
#pragma once
#include <memory>
#include <span>

#include "inbox/attempt.hpp"
#include "inbox/claim.hpp"
#include "inbox/surroundings.hpp"

namespace holdfast::inbox {

/// What is wrong with an event before any handler sees it.
std::optional<Failure> known_failure(const Surroundings& here, const Event& event);

/// Runs handlers in an open transaction, in order; neighbours of one type go to a bulk handler together.
Outcome handle(const Surroundings& here, ports::InboxTx& tx, std::span<const Event* const> events);

/// What decides, in a transaction of its own, whether the event may have its effect; what it writes is part of that.
using Admit = std::function<Verdict(ports::InboxTx&)>;

/// What came of one run of a handler with outside effects or of its own transaction. verdict: of the last claim.
struct Run {
  Outcome outcome;
  Verdict verdict = Verdict::run;
};

/// The transaction opens and claims at the first tx(); after the handler at the latest.
Run handle_late(const Surroundings& here, const Event& event, const Admit& admit);

/// The handler claims in its own transaction. committed: the inbox row was seen `handled` afterwards. `take` is what claim()
/// does there: false and nothing written, or the row is handled.
Run handle_own(const Surroundings& here, const Event& event, const std::function<bool(ports::InboxTx&)>& take);

}  // namespace holdfast::inbox
