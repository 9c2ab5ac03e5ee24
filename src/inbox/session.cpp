#include "inbox/session.hpp"

#include <algorithm>

#include "ports/mutants.hpp"

namespace holdfast::inbox {
namespace {

int full_prefetch(const SessionOptions& options) {
  return std::min(options.most_prefetch, options.lanes * options.batch * 2);
}

}  // namespace

Session::Session(SessionOptions options, bool clean_end)
    : options_(options),
      lanes_(options.lanes, options.batch, options.by_key),
      guard_(options.guard, clean_end, full_prefetch(options)),
      pause_(options.pause),
      runs_(static_cast<std::size_t>(options.lanes)),
      due_last_(static_cast<std::size_t>(options.lanes)) {}

// ---- inputs

Actions Session::start(ports::Tick now) {
  now_ = next_look_ = now;
  started_ = connected_wanted_ = true;
  out_.emplace_back(Connect{});
  return finish();
}

Actions Session::received(ports::Tick now, Arrived arrived) {
  now_ = now;
  for (const auto session : arrived.ended) end_session(session);
  if (!arrived.ended.empty()) forget_blame();
  for (Arrival& arrival : arrived.arrivals) {
    newest_session_ = arrival.delivery->session;
    if (!stopping_ && connected_wanted_) lanes_.push(std::move(arrival));
  }
  empty_ = arrived.connected && arrived.empty;
  return finish();
}

Actions Session::settled(ports::Tick now, int lane, const Report& report) {
  now_ = now;
  const Running run = std::move(*runs_[static_cast<std::size_t>(lane)]);
  runs_[static_cast<std::size_t>(lane)].reset();
  if (run.how.exclusive) exclusive_ = false;
  if (!mutant("ack_before_commit")) acknowledge(run, report.settled);
  give_back(lane, run, report.settled);
  note(lane, run, report);
  return finish();
}

Actions Session::due(ports::Tick now, std::vector<ports::Due> due) {
  now_ = now;
  looking_ = false;
  next_look_ = now + options_.look_every;
  full_look_ = static_cast<int>(due.size()) >= options_.due_limit;
  down_since_.reset();
  downs_ = 0;
  std::erase_if(due, [this](const ports::Due& one) {
    return std::any_of(runs_.begin(), runs_.end(), [&](const auto& run) { return run && run->due == one; });
  });
  lanes_.set_due(due);
  forget_blame();
  if (started_ && !connected_wanted_ && !stopping_) {
    connected_wanted_ = true;
    credit_ = -1;
    out_.emplace_back(Connect{});
  }
  return finish();
}

Actions Session::store_down(ports::Tick now) {
  now_ = now;
  looking_ = false;
  go_down();
  return finish();
}

Actions Session::tick(ports::Tick now) {
  now_ = now;
  return finish();
}

Actions Session::stop(ports::Tick now) {
  now_ = now;
  stopping_ = true;
  for (const Arrival& arrival : lanes_.drop_all()) guard_.release(arrival.guard);
  return finish();
}

// ---- what follows from them

void Session::end_session(std::uint64_t session) {
  if (mutant("new_session_keeps_old_batches")) return;
  for (const Arrival& arrival : lanes_.drop(session)) guard_.release(arrival.guard);
  for (auto& run : runs_)
    for (std::size_t i = 0; run && i < run->batch.size(); ++i)
      if (run->batch[i].delivery->session == session && !mutant("ack_without_session")) run->alive[i] = false;
}

void Session::end_all_sessions() {
  for (const Arrival& arrival : lanes_.drop_all()) guard_.release(arrival.guard);
  for (auto& run : runs_)
    if (run) run->alive.assign(run->batch.size(), false);
  empty_ = false;  // all that was here goes back
}

void Session::acknowledge(const Running& run, std::size_t settled) {
  Ack ack;
  for (std::size_t i = 0; i < settled && i < run.batch.size(); ++i)
    if (run.alive[i]) ack.settled.push_back(run.batch[i].position());
  if (mutant("ack_without_session"))
    for (auto& position : ack.settled) position.session = newest_session_;
  if (!ack.settled.empty()) out_.emplace_back(std::move(ack));
}

void Session::give_back(int lane, const Running& run, std::size_t settled) {
  std::vector<Arrival> back;
  for (std::size_t i = settled; i < run.batch.size(); ++i)
    if (run.alive[i]) back.push_back(run.batch[i]);
  if (!stopping_) lanes_.give_back(lane, back);
}

void Session::note(int lane, const Running& run, const Report& report) {
  const bool done = report.end == Report::End::done;
  const Counts& counts = report.counts;
  if (report.settled > 0 || (run.due && counts.handled + counts.deferred + counts.retrying + counts.dead > 0)) {
    if (counts.handled > 0) last_handled_ = now_;  // what failed says nothing of how far the handled ones have come
    guard_.settled(order_key(run.due ? run.due->key : run.batch.front().key), counts.handled > 0);
  }
  if (run.how.exclusive) guard_.release(run.id());
  if (run.how.blame && done) blamed_.erase(run.id());
  if (report.more) next_look_ = std::min(next_look_, now_);
  if (report.end == Report::End::store_down) go_down();
  if (report.end == Report::End::suspect) hold_suspect(lane, run, report.starts);
  if (report.end == Report::End::unavailable) pause(lane, run, report);
  else if (run.probe) after_probe(run, report);
}

void Session::hold_suspect(int lane, const Running& run, const ports::Starts& starts) {
  HOLDFAST_MARK("suspect");
  if (run.due) return guard_.hold(now_, {run.due->id, order_key(run.due->key), lane, starts, run.due});
  if (run.alive.front() && !stopping_)
    guard_.hold(now_, {run.batch.front().guard, order_key(run.batch.front().key), lane, starts});
}

void Session::pause(int lane, const Running& run, const Report& report) {
  HOLDFAST_MARK("paused");
  if (run.due) {
    lanes_.give_back(lane, *run.due);
    return pause_.unavailable(now_, {run.due->id, report.type, order_key(run.due->key), true}, run.probe);
  }
  const Arrival& arrival = run.batch[report.settled];
  pause_.unavailable(now_, {arrival.guard, report.type, order_key(arrival.key), false}, run.probe);
}

/// Without order a key is no reason to wait for another event, nor to take it for the same trouble.
std::string Session::order_key(const std::string& key) const { return options_.by_key ? key : ""; }

/// A probe says something only if it was handled: then all go on, and a culprit that it was not is to blame.
void Session::after_probe(const Running& run, const Report& report) {
  const EventId probed = run.id();
  const bool was_culprit = probed == pause_.culprit().id;
  if (report.end != Report::End::done || (report.counts.handled == 0 && !was_culprit)) return;
  if (!was_culprit) {
    HOLDFAST_MARK("blamed");
    blamed_.insert(pause_.culprit().id);
  }
  pause_.over();
}

/// Of those that left: another instance may have them, and when they come again it is another outage.
void Session::forget_blame() {
  std::erase_if(blamed_, [this](const EventId& id) {
    return !lanes_.has(id) && std::ranges::none_of(runs_, [&](const auto& run) { return run && run->id() == id; });
  });
}

void Session::go_down() {
  if (!down_since_) down_since_ = now_;
  next_look_ = now_ + options_.store.after(++downs_);
}

/// For due events; while the store is down this is how its return is noticed.
void Session::look() {
  if (looking_ || stopping_ || !started_) return;
  const bool more = full_look_ && lanes_.no_due() && !running();
  if (now_ < next_look_ && !more) return;
  looking_ = true;
  out_.emplace_back(LookForDue{{options_.due_limit, culprit()}});
}

/// During a pause those that tell of it come first: behind as many others as one look brings they would never be seen.
std::optional<ports::Due> Session::culprit() const {
  if (!pause_.on() || mutant("pause_looks_as_ever")) return {};
  const Culprit& culprit = pause_.culprit();
  return ports::Due{culprit.id, culprit.key, culprit.type};
}

// ---- the broker's side

void Session::give_credit() {
  const int credit = stopping_ ? 0 : guard_.prefetch();
  if (!started_ || !connected_wanted_ || credit == credit_) return;
  credit_ = credit;
  out_.emplace_back(Credit{credit});
}

/// The end of each input: what follows by itself.
Actions Session::finish() {
  if (down_since_ && connected_wanted_ && now_ >= *down_since_ + options_.store_closes && !stopping_) {
    connected_wanted_ = false;
    end_all_sessions();
    out_.emplace_back(Disconnect{});
  }
  give_credit();
  dispatch();
  look();
  const bool at_work = running() && !mutant("stop_does_not_wait");
  if (stopping_ && !at_work && !looking_ && !finished_) {
    finished_ = true;
    out_.emplace_back(Finished{});
  }
  return std::exchange(out_, {});
}

// ---- what the host asks

std::optional<ports::Tick> Session::next() const {
  if (!started_ || stopping_) return {};
  std::optional<ports::Tick> soonest = guard_.next(now_);
  const auto sooner = [&](std::optional<ports::Tick> at) {
    if (at && *at > now_ && (!soonest || *at < *soonest)) soonest = at;
  };
  if (!looking_) sooner(next_look_);
  sooner(pause_.next(now_));
  sooner(guard_.careful_until());
  if (down_since_ && connected_wanted_) sooner(*down_since_ + options_.store_closes);
  return soonest;
}

bool Session::prunable(ports::Tick now) const {
  if (guard_.holds_any()) return false;  // it waits here while others pass: the horizon must stay behind it
  return queue_empty() || (last_handled_ && now < *last_handled_ + options_.quiet);
}

bool Session::idle() const { return !running() && lanes_.empty(); }

}  // namespace holdfast::inbox
