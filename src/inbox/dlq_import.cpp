#include "inbox/dlq_import.hpp"

#include "inbox/claim.hpp"
#include "inbox/failure.hpp"
#include "inbox/horizon.hpp"
#include "inbox/reasons.hpp"
#include "ports/mutants.hpp"

namespace holdfast::inbox {
namespace {

using Kind = Outcome::Kind;
using ports::State;

enum class Import { drop, take_in, too_old, id_reused };

Import judge_import(ports::InboxTx& tx, const Event& event) {
  const Event* one[] = {&event};
  const Claimed claimed = claim(tx, one).at(event.id);
  if (mutant("import_takes_all")) return Import::take_in;
  if (claimed.fresh) {
    if (mutant("import_drops_unknown")) return Import::drop;
    if (!too_old(event.at, tx.pruned_before()) || mutant("import_takes_pruned_copies")) return Import::take_in;
    if (event.copy == 0) return Import::too_old;
    // Ours: it had a row, and was settled. A new one would say of the event itself that it was handled.
    if (!mutant("pruned_copy_leaves_a_row")) tx.unclaim(event.id);
    return Import::drop;
  }
  if (event.copy == 0 && event.body_hash != claimed.row.body_hash && !mutant("import_ignores_body"))
    return Import::id_reused;
  const bool last_heard_of = claimed.row.state == State::retrying && claimed.row.copy == event.copy;
  return last_heard_of && !mutant("import_drops_retrying") ? Import::take_in : Import::drop;
}

std::string header(const Event& event, const char* name, const std::string& fallback) {
  const auto found = event.headers.find(name);
  return found == event.headers.end() ? fallback : found->second;
}

Failure why(const Event& event, Import what) {
  if (what == Import::too_old) return {reason::too_old, "older than what the inbox remembers", true};
  const Failure known = event.unreadable.value_or(Failure{reason::broker, "the broker dead-lettered it", true});
  return {header(event, ports::header_reason, known.reason), header(event, ports::header_error, known.error), true};
}

/// In the DLQ it is already: no copy goes out, and it blocks nobody.
void take_in(const Surroundings& here, ports::InboxTx& tx, const Event& event, const Failure& why) {
  Policy silent = here.policy;
  silent.after_dead = AfterDead::proceed;
  silent.dead_letter_queue.clear();
  Decision decision = decide(silent, event, nullptr, why, here.clock.utc(), 0);
  decision.fate.deferred->attempts = event.attempt;
  decision.fate.deferred->blocks_key = false;
  tx.settle(event.id, decision.fate);
}

}  // namespace

Report import_dead_letter(const Surroundings& here, const Event& event) {
  Report report;
  Import what{};
  const Outcome outcome = finish(here.store, [&](ports::InboxTx& tx) -> Outcome {
    report = {};
    what = judge_import(tx, event);
    if (what == Import::id_reused) return {Kind::ends};
    if (what != Import::drop) take_in(here, tx, event, why(event, what));
    (what == Import::drop ? report.counts.dropped : report.counts.dead) = 1;
    return {};
  });
  if (outcome.is(Kind::ends)) {
    HOLDFAST_MARK("import_of_a_reused_id");
    return import_dead_letter(here, renamed(event));
  }
  if (!outcome.is(Kind::committed)) return stopped(Report::End::store_down, outcome.failure.error);
  const Failure reason = why(event, what);
  if (report.counts.dead) report.setbacks.push_back({event.envelope.info, reason.reason, reason.error, true, {}});
  return report;
}

}  // namespace holdfast::inbox
