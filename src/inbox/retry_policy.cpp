#include "inbox/retry_policy.hpp"

#include <algorithm>

#include "event/utf8.hpp"
#include "inbox/reading.hpp"
#include "inbox/reasons.hpp"
#include "ports/mutants.hpp"

namespace holdfast::inbox {
namespace {

using ports::Deferred;
using ports::Millis;
using ports::State;
using Wait = Deferred::Wait;

constexpr std::size_t error_bytes = 1000;

/// Headers that columns take. Ours and the trace stay; of the others what there is room for.
Headers storable_headers(const Headers& headers, std::size_t room) {
  Headers fit;
  const auto keep = [&](bool ours) {
    for (const auto& [name, value] : headers) {
      const bool is_ours = name.starts_with("holdfast-") || name.starts_with("trace");
      if (is_ours != ours || name.size() + value.size() > room) continue;
      room -= name.size() + value.size();
      fit[event::fit(name, name.size())] = event::fit(value, value.size());
    }
  };
  keep(true);
  keep(false);
  return fit;
}

Deferred set_aside(const Policy& policy, const Event& event, Wait wait, bool blocks_key) {
  Deferred row;
  row.id = event.id;
  row.type = event.type;
  row.key = event.key;
  row.body = event.body;
  row.headers = storable_headers(event.headers, policy.limits.headers);
  row.origin = policy.queue;
  row.wait = wait;
  row.blocks_key = blocks_key && !event.key.empty();
  row.attempts = event.attempt;
  return row;
}

/// A copy for the broker, with what Holdfast says about it. copy 0: it says none.
ports::OutgoingEvent outgoing(const Event& event, std::string destination, int copy, int attempts, Timestamp now) {
  ports::OutgoingEvent out{event.id,      event.type, {}, std::move(destination), false, event.at.value_or(now),
                           event.headers, event.body};
  out.headers.erase(ports::header_copy);
  if (copy > 0) out.headers[ports::header_copy] = std::to_string(copy);
  out.headers[ports::header_attempt] = std::to_string(attempts);
  return out;
}

/// None where the outbox cannot take it.
std::optional<ports::OutgoingEvent> if_it_fits(const Policy& policy, ports::OutgoingEvent out) try {
  if (out.destination.empty()) return {};
  event::check(policy.limits, out.type, "", out.headers, out.envelope);
  return out;
} catch (const Invalid&) {
  HOLDFAST_MARK("does_not_fit_outbox");
  if (mutant("oversized_goes_to_outbox")) return out;
  return {};
}

bool blocks_nobody(const Failure& why) { return why.reason == reason::too_old || why.reason == reason::id_reused; }

/// Whoever receives a copy takes it for the event that its body names: for one known by another id (id_reused, however
/// it fails after a replay) a number would make it a valid copy of that other event.
bool carries_no_copy(const Event& event, const Failure& why) {
  if (why.reason == reason::too_old && mutant("too_old_copy_has_number")) return false;
  return blocks_nobody(why) || id_in(event.body).value_or(event.id) != event.id;
}

/// Copies of what died of age may be on their way since before its row was pruned: its numbers go on above theirs.
constexpr int above_earlier_copies = 1'000'000;

Decision dead(const Policy& policy, const Event& event, Deferred row, int copy, Timestamp now, const Failure& why) {
  if (!mutant("dead_keeps_copy")) ++copy;
  if (why.reason == reason::too_old && !mutant("too_old_counts_from_one")) copy += above_earlier_copies;
  row.wait = Wait::dead;
  if (policy.after_dead == AfterDead::proceed && !mutant("proceed_dead_blocks")) row.blocks_key = false;
  Decision decision;
  if (!row.blocks_key) {
    auto out = outgoing(event, policy.dead_letter_queue, carries_no_copy(event, why) ? 0 : copy, row.attempts, now);
    out.headers[ports::header_reason] = row.reason;
    out.headers[ports::header_error] = row.error;
    out.headers[ports::header_origin] = row.origin;
    decision.outgoing = if_it_fits(policy, std::move(out));
  }
  decision.fate = {State::dead, copy, std::move(row)};
  if (decision.outgoing && mutant("dead_only_in_dlq")) decision.fate.deferred.reset();
  return decision;
}

Millis lengthened(Millis delay, double share) {
  return delay + Millis(static_cast<Millis::rep>(static_cast<double>(delay.count()) * share));
}

/// A copy that waits at the broker, where it has queues for that.
std::optional<ports::OutgoingEvent> retry_copy(const Policy& policy, const Event& event, Millis delay, int attempts,
                                               Timestamp now) {
  if (policy.ordering != Ordering::none || policy.retry.via != RetryVia::broker || !policy.wait_queue) return {};
  return if_it_fits(policy, outgoing(event, policy.wait_queue(delay), event.copy + 1, attempts, now));
}

}  // namespace

Decision decide(const Policy& policy, const Event& event, const Deferred* was, const Failure& why, Timestamp now,
                double random) {
  const bool by_key = policy.ordering == Ordering::by_key || mutant("retry_of_none_blocks_key");
  Deferred row = was ? *was : set_aside(policy, event, Wait::retry, by_key && !blocks_nobody(why));
  row.attempts = event.attempt + 1;
  row.reason = why.reason;
  row.error = event::fit(why.error, error_bytes);
  if (!row.first_failed_at) row.first_failed_at = now;

  const auto& delays = policy.retry.delays;
  const bool exhausted = row.attempts > static_cast<int>(delays.size());
  if (exhausted && !why.final && why.reason == reason::failed) row.reason = reason::exhausted;
  if (why.final || exhausted) return dead(policy, event, std::move(row), event.copy, now, why);

  const Millis delay = delays[static_cast<std::size_t>(row.attempts) - 1];
  if (!was || mutant("failed_replay_to_wait_queue"))
    if (auto copy = retry_copy(policy, event, delay, row.attempts, now))
      return {{State::retrying, event.copy + 1, was ? std::optional(row) : std::nullopt}, std::move(copy), delay};
  row.wait = Wait::retry;
  row.due_in = lengthened(delay, policy.retry.jitter * random);
  return {{State::deferred, event.copy, row}, {}, row.due_in};
}

ports::Fate behind(const Policy& policy, const Event& event) {
  return {State::deferred, event.copy, set_aside(policy, event, Wait::blocked, true)};
}

}  // namespace holdfast::inbox
