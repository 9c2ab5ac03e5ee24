#include "inbox/claim.hpp"

#include "inbox/horizon.hpp"
#include "ports/mutants.hpp"

namespace holdfast::inbox {
namespace {

using ports::State;

/// A new event: its age, then its key.
Verdict judge_new(const Event& event, std::optional<Timestamp> pruned_before, const std::set<std::string>& blocked) {
  if (too_old(event.at, pruned_before)) {
    HOLDFAST_MARK("too_old");
    return event.copy > 0 ? Verdict::duplicate : Verdict::too_old;  // ours: it had a row, and was settled
  }
  return blocked.contains(event.key) ? Verdict::behind : Verdict::run;
}

std::set<std::string> blocked_keys(ports::InboxTx& tx, const Policy& policy, std::span<const Event* const> events) {
  std::set<std::string> keys;
  for (const Event* event : events)
    if (!event->key.empty()) keys.insert(event->key);
  if (policy.ordering != Ordering::by_key || keys.empty() || mutant("blocked_keys_ignored")) return {};
  return tx.blocked(keys);
}

std::vector<ports::Claim> claims_of(std::span<const Event* const> events) {
  std::vector<ports::Claim> claims;
  std::set<EventId> seen;
  for (const Event* event : events)
    if (seen.insert(event->id).second) claims.push_back({event->id, event->at, event->body_hash});
  return claims;
}

/// Not those of an event that was set aside, whose retry copy is under way, or that is dead and perhaps runs again by hand: this
/// delivery is a duplicate, and the event itself is not settled.
void finish_starts(ports::InboxTx& tx, std::span<const Event* const> events, const std::map<EventId, Claimed>& claims) {
  std::vector<EventId> started;
  for (const Event* event : events) {
    const State state = claims.at(event->id).row.state;
    const bool open = state != State::handled && state != State::discarded && !mutant("duplicate_ends_starts");
    if (event->started && !open) started.push_back(event->guard);
  }
  if (!started.empty()) tx.finish_starts(started);
}

}  // namespace

Verdict judge(const Claimed& claimed, const Event& event) {
  if (event.copy == 0 && event.body_hash != claimed.row.body_hash) return Verdict::id_reused;
  const bool open = claimed.row.state == State::retrying || claimed.row.state == State::dead;
  const bool valid = event.copy == claimed.row.copy || mutant("stale_copy_accepted");
  return claimed.fresh || (open && valid) || mutant("claim_always_fresh") ? Verdict::run : Verdict::duplicate;
}

std::map<EventId, Claimed> claim(ports::InboxTx& tx, std::span<const Event* const> events) {
  const auto claims = claims_of(events);
  std::map<EventId, Claimed> claimed;
  for (;;) {
    const auto fresh = tx.claim(claims);
    std::set<EventId> old;
    for (const auto& claim : claims)
      if (fresh.contains(claim.id)) claimed[claim.id] = {{State::handled, 0, claim.body_hash}, true};
      else if (!claimed.contains(claim.id)) old.insert(claim.id);
    if (old.empty()) return claimed;
    for (const auto& [id, row] : tx.lock(old)) {
      claimed[id] = {row, false};
      old.erase(id);
    }
    if (old.empty()) return claimed;
    HOLDFAST_MARK("pruned_while_claiming");  // gone between the two statements: claim again
  }
}

std::vector<Verdict> admit(ports::InboxTx& tx, const Policy& policy, std::span<const Event* const> events,
                           int* exceptions) {
  std::set<std::string> blocked;
  if (mutant("blocked_before_claim")) blocked = blocked_keys(tx, policy, events);
  auto claims = claim(tx, events);
  if (!mutant("blocked_before_claim"))
    blocked = blocked_keys(tx, policy, events);  // the claim may have waited for who defers
  std::optional<Timestamp> pruned_before;
  for (const auto& [id, claimed] : claims)
    if (claimed.fresh) {
      pruned_before = tx.pruned_before();
      break;
    }

  std::vector<Verdict> verdicts;
  std::set<EventId> long_settled;  // nothing but copies of them came: no row
  for (const Event* event : events) {
    Claimed& claimed = claims.at(event->id);
    Verdict verdict = judge(claimed, *event);
    if (verdict == Verdict::run && claimed.fresh) verdict = judge_new(*event, pruned_before, blocked);
    verdicts.push_back(verdict);
    if (verdict == Verdict::duplicate && claimed.fresh) long_settled.insert(event->id);
    if (verdict == Verdict::behind) tx.settle(event->id, behind(policy, *event));
    if (verdict == Verdict::run && !claimed.fresh) {
      HOLDFAST_MARK("copy_runs");
      ports::Fate fate{State::handled, claimed.row.copy};  // its deferred row, if any, goes
      if (mutant("copy_runs_row_stays")) fate.deferred = tx.deferred(event->id);
      tx.settle(event->id, fate);
      if (exceptions && policy.ordering == Ordering::by_key) ++*exceptions;
    }
    if (verdict != Verdict::run && verdict != Verdict::behind) continue;
    long_settled.erase(event->id);
    claimed.row.state = State::handled;
    claimed.fresh = mutant("second_delivery_in_batch_runs");  // what follows under this id is a duplicate
  }
  finish_starts(tx, events, claims);
  if (!mutant("pruned_copy_leaves_a_row"))
    for (const auto& id : long_settled) tx.unclaim(id);
  return verdicts;
}

bool take(ports::InboxTx& tx, const Policy& policy, const Event& event) {
  if (glance(tx, policy, event) != Verdict::run) return false;
  const Event* one[] = {&event};
  const Claimed claimed = claim(tx, one).at(event.id);
  if (claimed.fresh) {
    if (blocked_keys(tx, policy, one).empty()) return true;
    throw Transient("its key was blocked while event " + event.id.to_string() +
                    " was claimed: it runs again, uncounted");
  }
  if (judge(claimed, event) != Verdict::run) return false;
  tx.settle(event.id, {State::handled, claimed.row.copy});
  return true;
}

Verdict glance(ports::InboxTx& tx, const Policy& policy, const Event& event) {
  const auto rows = tx.look({event.id});
  if (const auto row = rows.find(event.id); row != rows.end()) return judge({row->second, false}, event);
  const Event* one[] = {&event};
  return judge_new(event, tx.pruned_before(), blocked_keys(tx, policy, one));
}

}  // namespace holdfast::inbox
