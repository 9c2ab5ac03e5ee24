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

bool OpenStarts::contains(const EventId& id) const {
  const std::scoped_lock lock(mutex_);
  return ids_.contains(id);
}
void OpenStarts::add(const EventId& id) {
  const std::scoped_lock lock(mutex_);
  ids_.insert(id);
}
void OpenStarts::remove(const EventId& id) {
  const std::scoped_lock lock(mutex_);
  ids_.erase(id);
}

/// Asks the guard and writes the start down.
Consumer::Start Consumer::start(const EventId& id, const How& how) {
  Start start;
  if (open_starts_.contains(id)) return start;  // this process began it, and is still here
  const Outcome out = of_store([&] {
    const auto found = here_.store.starts({id});
    if (const auto before = found.find(id); before != found.end()) start.before = before->second;
    start.guarded = judge(start.before, how.exclusive, here_.policy.retry.crash_limit, here_.policy.crash_limit_alone);
    if (start.guarded != Guarded::run) return;
    here_.store.start(id, how.alone_in_queue);
    open_starts_.add(id);
  });
  if (!out.is(Outcome::Kind::committed)) start.failed = stopped(Report::End::store_down, out.failure.error);
  return start;
}

/// A start whose run ended without the event being settled is no unfinished one: the process did not die of it. Where that
/// cannot be written down, this process remembers it.
void Consumer::end_start(const EventId& id, const Report& report) {
  if (report.end == Report::End::store_down) return;
  const Outcome out = finish(here_.store, [&](ports::InboxTx& tx) -> Outcome {
    tx.finish_starts({&id, 1});
    return {};
  });
  if (out.is(Outcome::Kind::committed)) open_starts_.remove(id);
}

Report Consumer::run_batch(std::span<const Arrival> batch, How how) {
  std::vector<Event> events;
  Report buried;
  for (const Arrival& arrival : batch) {
    Start begun;
    if (how.guarded) {
      begun = start(arrival.guard, batch.size() > 1 ? How{.guarded = true, .exclusive = true} : how);
      if (begun.failed) return *begun.failed;
      if (begun.guarded == Guarded::alone) return suspect(begun.before);
    }
    Event event =
        read(arrival, here_.handlers, here_.policy.consumer);  // after its start: reading it may be what kills
    event.started = how.guarded;
    if (begun.guarded == Guarded::crash_loop) event.unreadable = crash_loop(begun.before);
    events.push_back(std::move(event));
  }
  Report report = run_events(here_, events, how.blame);
  if (!how.guarded) return report;
  for (std::size_t i = 0; i < events.size(); ++i)
    if (i < report.settled) open_starts_.remove(events[i].guard);
    else end_start(events[i].guard, report);
  return report;
}

Report Consumer::run_deferred(const ports::Due& due, How how) {
  const Start begun = start(due.id, how);
  if (begun.failed) return *begun.failed;
  if (begun.guarded == Guarded::alone) return suspect(begun.before);
  if (begun.guarded == Guarded::crash_loop) return bury_due(here_, due.id, crash_loop(begun.before));
  const Report report = run_due(here_, due.id, how.exclusive ? 0 : here_.policy.followers, how.blame);
  const Counts& c = report.counts;
  const bool settled = c.handled + c.deferred + c.retrying + c.dead > 0;
  if (settled) open_starts_.remove(due.id);
  else end_start(due.id, report);
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
