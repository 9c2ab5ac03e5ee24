// G3, link 1: one verdict for each delivery, under the lock of its inbox row (9.3 a to c).
#pragma once
#include <span>
#include <vector>

#include "inbox/reading.hpp"
#include "inbox/retry_policy.hpp"

namespace holdfast::inbox {

enum class Verdict { run, duplicate, behind, too_old, id_reused };

/// An inbox row under lock. fresh: this transaction made it.
struct Claimed {
  ports::InboxRow row;
  bool fresh = false;
};

/// What the row says to this delivery. Not its age, nor its key.
Verdict judge(const Claimed& claimed, const Event& event);

std::map<EventId, Claimed> claim(ports::InboxTx& tx, std::span<const Event* const> events);

/// Claims them and judges, in delivery order. Written are: handled for those to run (a deferred row goes), the row of what
/// waits behind its key. Too old and reused ids are left to a transaction of their own. `exceptions` counts what runs beside
/// the order of its key.
std::vector<Verdict> admit(ports::InboxTx& tx, const Policy& policy, std::span<const Event* const> events,
                           int* exceptions = nullptr);

/// In a transaction that the user brings: true: the row is `handled`. false: nothing was written there.
bool take(ports::InboxTx& tx, const Policy& policy, const Event& event);

/// The verdict by a look, without a lock: what a handler with outside effects is told before it begins.
Verdict glance(ports::InboxTx& tx, const Policy& policy, const Event& event);

}  // namespace holdfast::inbox
