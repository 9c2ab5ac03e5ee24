// What runs next: a pause probes, a suspect runs alone, else each free lane takes a deferred event or a batch in turn.
#include <algorithm>

#include "inbox/session.hpp"
#include "ports/mutants.hpp"

namespace holdfast::inbox {
namespace {

/// Of a probe: nobody else may run and tell of it, as if it were alone in the queue.
How alone(How how) {
  how.exclusive = true;
  how.alone_in_queue = !mutant("probe_is_not_alone");
  return how;
}

}  // namespace

void Session::dispatch() {
  if (!started_ || stopping_ || down_since_ || exclusive_) return;
  if (guard_.careful() && (running() || now_ < guard_.careful_until())) return;
  if (pause_.on()) return probe();
  const auto others = [this](const std::string& key) {
    return lanes_.can_go([&](const Arrival& a) { return key.empty() || a.key != key; },
                         [this](const Arrival& a) { return held(a.guard); });
  };
  if (const auto turn = guard_.turn(now_, empty_, others)) {
    if (!running()) run_suspect(*turn);
    return;  // else it waits for those that run; nobody begins meanwhile
  }
  for (int lane = 0; lane < lanes_.count(); ++lane) {
    if (idle_lane(lane)) run_lane(lane);
    if (guard_.careful() && running()) return;
  }
}

/// During a pause one event at a time, one that tells most: of the culprit's type and another key, be it delivered or due; else
/// the culprit itself. It runs alone, so it may be a suspect.
void Session::probe() {
  if (pause_.waits(now_) || running()) return;
  const Culprit& culprit = pause_.culprit();
  const auto tells = [&](const EventId& id, const std::string& type, const std::string& key) {
    const bool tried = pause_.tried(id) && !mutant("probes_the_same_again");
    return id != culprit.id && !tried && type == culprit.type && (key.empty() || key != culprit.key);
  };
  const auto telling_due = [&](const ports::Due& d) { return tells(d.id, d.type, d.key); };
  if (probe_delivery([&](const Arrival& a) { return tells(a.guard, a.delivery->type, a.key); }) ||
      (!mutant("due_is_no_probe") && probe_due(telling_due)))
    return;
  pause_.try_all_again();
  if (probe_delivery([&](const Arrival& a) { return a.guard == culprit.id; }) ||
      probe_due([&](const ports::Due& d) { return d.id == culprit.id; }))
    return;
  pause_.over();  // the culprit is gone: its session ended, or another instance has it
  dispatch();
}

bool Session::probe_delivery(const Lanes::Test& wanted) {
  auto found = lanes_.take_first(wanted, [this](const Arrival& a) { return held(a.guard); });
  if (!found) return false;
  const How how = alone(how_of(found->arrival));
  begin(found->lane, {.batch = {std::move(found->arrival)}, .how = how, .probe = true});
  return true;
}

bool Session::probe_due(const std::function<bool(const ports::Due&)>& wanted) {
  for (int lane = 0; lane < lanes_.count(); ++lane)
    if (auto due = lanes_.take_due(lane, wanted)) {
      begin(lane, {.batch = {}, .due = due, .how = alone(how_of(*due)), .probe = true});
      return true;
    }
  return false;
}

void Session::run_suspect(const CrashGuard::Turn& turn) {
  const Suspect& suspect = turn.suspect;
  const How how{
      .guarded = true, .exclusive = true, .alone_in_queue = turn.alone_in_queue, .blame = blamed_.contains(suspect.id)};
  if (suspect.due) return begin(suspect.lane, {.batch = {}, .due = suspect.due, .how = how});
  auto found =
      lanes_.take_first([&](const Arrival& a) { return a.guard == suspect.id; }, [](const Arrival&) { return false; });
  if (found) return begin(found->lane, {.batch = {std::move(found->arrival)}, .how = how});
  guard_.release(suspect.id);  // gone with its session
  dispatch();
}

void Session::run_lane(int lane) {
  const auto turn = due_last_[static_cast<std::size_t>(lane)];
  if (turn ? run_next_batch(lane) || run_next_due(lane) : run_next_due(lane) || run_next_batch(lane))
    due_last_[static_cast<std::size_t>(lane)] = runs_[static_cast<std::size_t>(lane)]->due.has_value();
}

bool Session::run_next_due(int lane) {
  const auto due = lanes_.take_due(lane, [this](const ports::Due& d) { return !held(d.id); });
  if (due) begin(lane, {.batch = {}, .due = due, .how = how_of(*due)});
  return due.has_value();
}

bool Session::run_next_batch(int lane) {
  auto batch = lanes_.take(
      lane, [this](const Arrival& a) { return held(a.guard); }, [this](const Arrival& a) { return by_itself(a); });
  if (batch.empty()) return false;
  How how = how_of(batch.front());
  for (const Arrival& arrival : batch) how.guarded |= arrival.delivery->redelivered;
  begin(lane, {.batch = std::move(batch), .how = how});
  return true;
}

bool Session::by_itself(const Arrival& arrival) const {
  if (mutant("starts_counted_by_batch")) return false;
  return arrival.delivery->redelivered || guard_.careful() || blamed_.contains(arrival.guard);
}

How Session::how_of(const Arrival& arrival) const {
  return {.guarded = arrival.delivery->redelivered, .blame = blamed_.contains(arrival.guard)};
}

How Session::how_of(const ports::Due& due) const { return {.guarded = true, .blame = blamed_.contains(due.id)}; }

void Session::begin(int lane, Running run) {
  run.alive.assign(run.batch.size(), true);
  exclusive_ = run.how.exclusive;
  if (run.due) out_.emplace_back(RunDeferred{lane, *run.due, run.how});
  else out_.emplace_back(RunBatch{lane, run.batch, run.how});
  if (mutant("ack_before_commit")) acknowledge(run, run.batch.size());
  runs_[static_cast<std::size_t>(lane)] = std::move(run);
}

bool Session::running() const {
  return std::any_of(runs_.begin(), runs_.end(), [](const auto& run) { return run.has_value(); });
}

}  // namespace holdfast::inbox
