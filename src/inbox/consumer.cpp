#include "inbox/consumer.hpp"

#include "inbox/batch.hpp"
#include "inbox/blocked_keys.hpp"
#include "inbox/crash_guard.hpp"
#include "inbox/dlq_import.hpp"
#include "inbox/failure.hpp"
#include "ports/mutants.hpp"

namespace holdfast::inbox {
namespace {

Failure crash_loop(const ports::Starts& before) {
  return {"crash_loop", "the process ended during each of its last " + std::to_string(before.all) + " runs", true};
}

}  // namespace

std::optional<ports::Starts> OpenStarts::find(const EventId& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = before_.find(id);
  return found == before_.end() ? std::nullopt : std::optional(found->second);
}
void OpenStarts::add(const EventId& id, const ports::Starts& before) {
  const std::scoped_lock lock(mutex_);
  before_[id] = before;
}
void OpenStarts::remove(const EventId& id) {
  const std::scoped_lock lock(mutex_);
  before_.erase(id);
}

Guarded Consumer::judge(const ports::Starts& before, const How& how) const {
  return inbox::judge(before, how.exclusive, here_.policy.retry.crash_limit, here_.policy.crash_limit_alone);
}

/// Asks the guard and writes the start down.
Consumer::Start Consumer::start(const EventId& id, const How& how) {
  if (const auto before = open_starts_.find(id))
    return {judge(*before, how), *before, {}};  // begun by this process, which lives
  Start start;
  const Outcome out = of_store([&] {
    const auto found = here_.store.starts({id});
    if (const auto before = found.find(id); before != found.end()) start.before = before->second;
    start.guarded = judge(start.before, how);
    if (start.guarded != Guarded::run) return;
    open_starts_.add(id, start.before);  // first: in doubt it is there, and is not counted twice
    here_.store.start(id, how.alone_in_queue);
  });
  if (out.is(Outcome::Kind::store_down)) open_starts_.remove(id);
  if (!out.is(Outcome::Kind::committed)) start.failed = stopped(Report::End::store_down, out.failure.error);
  return start;
}

/// A start whose run ended without the event being settled is no unfinished one: the process did not die of it. It is taken
/// back, unless that would hide those of a process that did; then, and where it cannot be written down, this process
/// remembers it. A handler that came to say `unavailable` kills nobody.
void Consumer::end_start(const EventId& id, const Start& start, const Report& report) {
  const bool hides = start.before.all > 0 && report.end != Report::End::unavailable;
  if (report.end == Report::End::store_down || hides) return;
  const Outcome out = finish(here_.store, [&](ports::InboxTx& tx) -> Outcome {
    tx.finish_starts({&id, 1});
    return {};
  });
  if (out.is(Outcome::Kind::committed)) open_starts_.remove(id);
}

Report Consumer::run_batch(std::span<const Arrival> batch, How how) {
  if (batch.size() > 1) how.exclusive = true;  // only a mutant gives several guarded ones
  std::vector<Event> events;
  std::vector<Start> starts;
  for (const Arrival& arrival : batch) {
    const Start begun = how.guarded ? start(arrival.guard, how) : Start{};
    if (begun.failed) return *begun.failed;
    if (begun.guarded == Guarded::alone) return suspect(begun.before);
    Event event =
        read(arrival, here_.handlers, here_.policy.consumer);  // after its start: reading it may be what kills
    event.started = how.guarded;
    if (begun.guarded == Guarded::crash_loop) event.unreadable = crash_loop(begun.before);
    events.push_back(std::move(event));
    starts.push_back(begun);
  }
  Report report = run_events(here_, events, how.blame);
  for (std::size_t i = 0; how.guarded && i < events.size(); ++i)
    if (i < report.settled) open_starts_.remove(events[i].guard);
    else end_start(events[i].guard, starts[i], report);
  return report;
}

Report Consumer::run_deferred(const ports::Due& due, How how) {
  const DueNow now = look_at_due(here_, due.id);  // another one may have it, or have settled it: no start for that
  if (!now.event) return now.report;
  const Start begun = start(due.id, how);
  if (begun.failed) return *begun.failed;
  if (begun.guarded == Guarded::alone) return suspect(begun.before);
  if (begun.guarded == Guarded::crash_loop) return settle_deferred_failure(here_, *now.event, crash_loop(begun.before));
  const Report report = run_due(here_, *now.event, how.exclusive ? 0 : here_.policy.followers, how.blame);
  const Counts& c = report.counts;
  const bool settled = c.handled + c.deferred + c.retrying + c.dead > 0;
  if (settled) open_starts_.remove(due.id);
  else end_start(due.id, begun, report);
  return report;
}

Report Consumer::import_dead_letter(const ports::Delivery& dead_letter) {
  const Event event = read(arrive(dead_letter), here_.handlers, here_.policy.consumer);
  return inbox::import_dead_letter(here_, event);
}

Report Consumer::suspect(const ports::Starts& starts) {
  Report report;
  report.end = Report::End::suspect;
  report.starts = starts;
  return report;
}

}  // namespace holdfast::inbox
