#include "inbox/consumer.hpp"

#include "inbox/batch.hpp"
#include "inbox/blocked_keys.hpp"
#include "inbox/crash_guard.hpp"
#include "inbox/dlq_import.hpp"
#include "inbox/failure.hpp"
#include "inbox/reasons.hpp"
#include "ports/mutants.hpp"

namespace holdfast::inbox {
namespace {

Failure crash_loop(const ports::Starts& before) {
  return {reason::crash_loop, "the process ended during each of its last " + std::to_string(before.all) + " runs",
          true};
}

}  // namespace

void LeftStarts::add(const ports::StartRef& start) {
  const std::scoped_lock lock(mutex_);
  starts_.insert(start);
}

std::vector<ports::StartRef> LeftStarts::all() const {
  const std::scoped_lock lock(mutex_);
  return {starts_.begin(), starts_.end()};
}

void LeftStarts::remove(std::span<const ports::StartRef> taken_back) {
  const std::scoped_lock lock(mutex_);
  for (const auto& start : taken_back) starts_.erase(start);
}

Guarded Consumer::judge(const ports::Starts& before, const How& how) const {
  return inbox::judge(before, how.exclusive, here_.policy.retry.crash_limit, here_.policy.crash_limit_alone);
}

/// Asks the guard and writes the start down.
Consumer::Start Consumer::start(const EventId& id, const How& how) {
  Start start;
  start.number = ++last_number_;
  const Outcome out = of_store([&] {
    const auto found = here_.store.starts({id});
    if (const auto before = found.find(id); before != found.end()) start.before = before->second;
    start.guarded = judge(start.before, how);
    if (start.guarded == Guarded::run) here_.store.start(id, how.alone_in_queue, start.number);
  });
  if (out.is(Outcome::Kind::committed)) return start;
  if (!out.is(Outcome::Kind::store_down)) left_starts_.add({id, start.number});  // perhaps it was
  start.failed = stopped(Report::End::store_down, out.failure.error);
  return start;
}

std::optional<Report> Consumer::take_back_left() {
  if (mutant("left_start_stays")) return {};
  const auto left = left_starts_.all();
  if (left.empty()) return {};
  const Outcome out = of_store([&] { here_.store.take_back(left); });
  if (out.is(Outcome::Kind::committed)) return left_starts_.remove(left), std::nullopt;
  return stopped(Report::End::store_down, out.failure.error);
}

Report Consumer::run_batch(std::span<const Arrival> batch, How how) {
  if (auto failed = take_back_left()) return *std::move(failed);
  if (batch.size() > 1) how.exclusive = true;  // only a mutant gives several guarded ones
  std::vector<Event> events;
  std::vector<std::int64_t> numbers;
  for (const Arrival& arrival : batch) {
    const Start begun = how.guarded ? start(arrival.guard, how) : Start{};
    if (begun.failed) return *begun.failed;
    if (begun.guarded == Guarded::alone) return suspect(begun.before);
    Event event =
        read(arrival, here_.handlers, here_.policy.consumer);  // after its start: reading it may be what kills
    event.started = how.guarded;
    if (begun.guarded == Guarded::crash_loop) event.unreadable = crash_loop(begun.before);
    events.push_back(std::move(event));
    numbers.push_back(begun.number);
  }
  Report report = run_events(here_, events, how.blame);
  // A duplicate ends no start of its event, and what comes under another's id none of that one: their own are taken back.
  const std::size_t ended = report.counts.duplicates > 0 || report.id_taken ? 0 : report.settled;
  for (std::size_t i = ended; how.guarded && i < events.size(); ++i) left_starts_.add({events[i].guard, numbers[i]});
  if (report.end != Report::End::store_down) take_back_left();
  return report;
}

Report Consumer::run_deferred(const ports::Due& due, How how) {
  if (auto failed = take_back_left()) return *std::move(failed);
  const DueNow now = look_at_due(here_, due.id);  // another one may have it, or have settled it: no start for that
  if (!now.event) return now.report;
  const Start begun = start(due.id, how);
  if (begun.failed) return *begun.failed;
  if (begun.guarded == Guarded::alone) return suspect(begun.before);
  if (begun.guarded == Guarded::crash_loop) return settle_deferred_failure(here_, *now.event, crash_loop(begun.before));
  const Report report = run_due(here_, *now.event, how.exclusive ? 0 : here_.policy.followers, how.blame);
  const Counts& c = report.counts;
  const bool settled = c.handled + c.deferred + c.retrying + c.dead > 0;
  if (!settled) left_starts_.add({due.id, begun.number});
  if (report.end != Report::End::store_down) take_back_left();
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
