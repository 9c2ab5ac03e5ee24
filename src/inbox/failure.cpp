#include "inbox/failure.hpp"

#include "inbox/claim.hpp"
#include "inbox/reasons.hpp"
#include "ports/mutants.hpp"

namespace holdfast::inbox {
namespace {

using Kind = Outcome::Kind;
using ports::State;

const Failure age{reason::too_old, "older than what the inbox remembers: it cannot be told from a duplicate", true};
const Failure reused{reason::id_reused, "another event with this id was here before", true};

void write(ports::InboxTx& tx, const Event& event, const Decision& decision) {
  tx.settle(event.id, decision.fate);
  if (decision.outgoing) tx.publish(*decision.outgoing);
}

Decision decide_now(const Surroundings& here, const Event& event, const ports::Deferred* was, const Failure& why) {
  return decide(here.policy, event, was, why, here.clock.utc(), here.random());
}

/// What the decision adds to the report, once it is committed.
void note(Report& report, const Event& event, const Decision& decision, const Failure& why) {
  const auto& row = decision.fate.deferred;
  const bool dead = decision.fate.state == State::dead;
  (dead                                     ? report.counts.dead
   : decision.fate.state == State::retrying ? report.counts.retrying
                                            : report.counts.deferred) += 1;
  report.setbacks.push_back({event.envelope.info, row ? row->reason : why.reason, why.error, dead, decision.retry_in});
}

Report result(const Outcome& outcome, Report report) {
  if (outcome.is(Kind::committed)) return report;
  return stopped(Report::End::store_down, outcome.failure.error);
}

}  // namespace

Report stopped(Report::End end, const std::string& why) {
  Report report;
  report.end = end;
  report.why = why;
  return report;
}

Report settle_failure(const Surroundings& here, const Event& event, const Failure& why) {
  Report report;
  bool taken = false;
  const Outcome outcome = finish(here.store, [&](ports::InboxTx& tx) -> Outcome {
    report = {};
    const Event* one[] = {&event};
    Verdict verdict = admit(tx, here.policy, one).front();
    if (mutant("failure_without_claim")) verdict = Verdict::run;
    if (mutant("id_reused_overwrites") && verdict == Verdict::id_reused) verdict = Verdict::run;
    taken = verdict == Verdict::id_reused;
    if (taken) return {Kind::ends};
    report.counts.duplicates = verdict == Verdict::duplicate;
    report.counts.behind = verdict == Verdict::behind;
    if (verdict == Verdict::duplicate || verdict == Verdict::behind) return {};
    const Failure& reason = verdict == Verdict::too_old ? age : why;
    const Decision decision = decide_now(here, event, nullptr, reason);
    write(tx, event, decision);
    note(report, event, decision, reason);
    return {};
  });
  if (taken && outcome.is(Kind::ends)) {
    report = settle_failure(here, renamed(event), reused);
    report.id_taken = true;
    return report;
  }
  return result(outcome, std::move(report));
}

Report settle_deferred_failure(const Surroundings& here, const Event& ran, const Failure& why) {
  Report report;
  const Outcome outcome = finish(here.store, [&](ports::InboxTx& tx) -> Outcome {
    report = {};
    const auto rows = tx.lock({ran.id});
    const auto row = rows.find(ran.id);
    if (row == rows.end() || row->second.state != State::deferred) return {};
    const auto now = tx.deferred(ran.id);
    const bool same = now && now->attempts == ran.attempt && row->second.copy == ran.copy;
    if (!same && !mutant("failure_without_compare")) {
      HOLDFAST_MARK("deferred_changed_while_it_ran");  // replayed, or decided by another one
      return {};
    }
    Event event = ran;
    event.attempt = now->attempts;
    event.copy = row->second.copy;
    const Decision decision = decide_now(here, event, &*now, why);
    write(tx, event, decision);
    note(report, event, decision, why);
    return {};
  });
  return result(outcome, std::move(report));
}

}  // namespace holdfast::inbox
