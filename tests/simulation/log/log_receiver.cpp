#include "simulation/log/log_receiver.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ports/mutants.hpp"

namespace sim {
namespace {

constexpr Time revoke_waits = 30;  // for what was handed out

}  // namespace

LogReceiver::LogReceiver(LogBroker& broker, Group& group, std::string dead_letters)
    : broker_(broker), scheduler_(broker.scheduler), group_(group), dead_letters_(std::move(dead_letters)) {}

bool LogReceiver::join(ports::Tick until, ports::Received& out) {
  if (!broker_.away()) {
    member_ = group_.join(scheduler_.current()), notices_ = never;
    return true;
  }
  out.problem = "the broker is away";
  scheduler_.wait([this] { return woken_ || !broker_.away(); }, std::min(time_of(until), scheduler_.now + 200));
  return false;
}

void LogReceiver::pump(ports::Tick until, ports::Received& out) {
  out = {};
  out.ended = std::exchange(ended_, {});
  scheduler_.point();
  if (member_ == 0 && !join(until, out)) return;
  commits_arrive(scheduler_.now - broker_.ack_takes);
  if (scheduler_.random.chance(broker_.faults.lost_session)) ++broker_.counts.lost_sessions, group_.leave(member_);
  if (!is_member() && notices_ == never) notices_ = scheduler_.now + scheduler_.random.below(40);
  scheduler_.wait([this] { return woken_ || has_work(); }, wakes_at(until));
  woken_ = false;
  commits_arrive(scheduler_.now - broker_.ack_takes);
  if (aborted_) {
    leave_in_good_order(), end_all(out.ended);
    out.problem = "ended by this program", aborted_ = false;
    return;
  }
  if (!is_member() && notices_ == never) notices_ = scheduler_.now;
  if (!is_member() && scheduler_.now >= notices_) {  // what is under way finds nobody; no commit
    end_all(out.ended);
    out.problem = "its partitions were lost: the group goes on without it";
    return;
  }
  if (broker_.away()) return void(out.problem = "the broker is away");
  give_up_what_is_wanted(out), take_over_what_is_offered();
  hand_out(out), send_commits();
  out.problem = problem(), out.connected = out.problem.empty();
  out.empty = out.connected && known_empty();
}

bool LogReceiver::has_work() const {
  if (aborted_) return true;
  if (!is_member() && scheduler_.now >= notices_) return true;
  if (broker_.away()) return false;
  if (is_member() && group_.offered(member_)) return true;
  return std::ranges::any_of(sessions_, [&](const auto& one) {
    const Assignment& a = one.second;
    if (group_.wanted_back(member_, *a.share) && (a.give_up_at == never || a.unsettled() == 0)) return true;
    return scheduler_.now >= a.give_up_at || may_hand_out(a) || (a.to_commit && !a.under_way);
  });
}

Time LogReceiver::wakes_at(ports::Tick until) const {
  Time at = std::min(time_of(until), notices_);
  if (!commits_.empty()) at = std::min(at, commits_.front().sent + broker_.ack_takes);
  for (const auto& [session, a] : sessions_) at = std::min(at, a.give_up_at);
  return broker_.away() ? std::max(at, std::min(time_of(until), broker_.away_until)) : at;
}

// ---- assignments

void LogReceiver::take_over_what_is_offered() {
  while (Group::Share* share = group_.offered(member_)) {
    scheduler_.point();
    if (broker_.away() || group_.offered(member_) != share) return;
    Committed before = share->committed;
    if (before.handed_out == 0 && holdfast::mutant("log_declares_no_position")) before.offset = share->partition->start;
    const Committed opening{before.offset, std::max(before.handed_out, before.offset + broker_.window)};
    const bool says_nothing = holdfast::mutant("log_opens_without_a_commit");
    if (!says_nothing && group_.commit(member_, *share, opening) != Group::Answer::done) return;
    group_.take_over(member_, *share);
    Assignment mine{share, before.offset, before.offset, before.handed_out, opening.handed_out};
    if (holdfast::mutant("log_flags_nothing")) mine.flagged_below = 0;
    if (holdfast::mutant("log_flags_the_first_prefetch"))
      mine.flagged_below = std::min(before.handed_out, before.offset + credit_);
    if (before.offset < share->settled_up_to) HOLDFAST_MARK("log.gap_handed_out_again");
    sessions_.emplace(++broker_.last_session, mine);
  }
}

void LogReceiver::give_up_what_is_wanted(ports::Received& out) {
  for (auto it = sessions_.begin(); it != sessions_.end();) {
    auto& [session, a] = *it;
    const bool wanted = group_.wanted_back(member_, *a.share);
    if (wanted && a.give_up_at == never) a.give_up_at = scheduler_.now + revoke_waits;
    if (!wanted || (a.unsettled() > 0 && scheduler_.now < a.give_up_at)) {
      if (!wanted) a.give_up_at = never;  // it was asked for, and is no longer
      ++it;
      continue;
    }
    if (a.unsettled() > 0) HOLDFAST_MARK("log.rebalance_in_mid_batch");
    scheduler_.point();
    group_.commit(member_, *a.share, {a.prefix, std::max(a.next, a.flagged_below)});
    group_.give_up(member_, *a.share);
    out.ended.push_back(session);
    it = sessions_.erase(it);
  }
}

void LogReceiver::leave_in_good_order() {
  if (broker_.away()) return group_.abandon(member_);
  commits_arrive(scheduler_.now);
  for (auto& [session, a] : sessions_)
    if (is_member()) group_.commit(member_, *a.share, {a.prefix, std::max(a.next, a.flagged_below)});
  group_.leave(member_);
}

void LogReceiver::end_all(std::vector<std::uint64_t>& ended) {
  for (const auto& [session, a] : sessions_) {
    ended.push_back(session);
    broker_.counts.redelivered += a.unsettled();
  }
  sessions_.clear();
  member_ = 0;
}

void LogReceiver::disconnect() {
  scheduler_.point();
  leave_in_good_order(), end_all(ended_);
}

// ---- deliveries

int LogReceiver::unsettled() const {
  std::int64_t n = 0;
  for (const auto& [session, a] : sessions_) n += a.unsettled();
  return static_cast<int>(n);
}

bool LogReceiver::may_hand_out(const Assignment& a) const {
  const bool there = !a.lost_to_retention() && a.next < a.share->partition->high;
  return there && a.give_up_at == never && unsettled() < credit_ && (a.next < a.durable || !a.under_way);
}

void LogReceiver::hand_out(ports::Received& out) {
  for (int n = scheduler_.random.between(1, 6); n > 0; --n) {
    std::vector<Sessions::value_type*> ready;
    for (auto& one : sessions_) {
      skip_what_nobody_wants(one.second);
      if (!may_hand_out(one.second)) continue;
      const bool said = one.second.next < one.second.durable || holdfast::mutant("log_hands_out_ahead_of_its_commit");
      if (said) ready.push_back(&one);
      else one.second.to_commit = true, HOLDFAST_MARK("log.waits_for_its_commit");
    }
    if (ready.empty()) break;
    auto& [session, a] = *ready[static_cast<std::size_t>(scheduler_.random.below(static_cast<int>(std::ssize(ready))))];
    ports::Delivery delivery = a.share->partition->at(a.next).delivery;
    delivery.session = session, delivery.tag = static_cast<std::uint64_t>(a.next) + 1;
    delivery.redelivered = a.next < a.flagged_below;
    if (holdfast::mutant("log_commits_at_the_hand_out")) settle(a, a.next);
    ++a.next;
    out.deliveries.push_back(std::move(delivery));
  }
}

void LogReceiver::skip_what_nobody_wants(Assignment& a) {
  const Partition& partition = *a.share->partition;
  const bool missed = !group_.copies && !holdfast::mutant("log_skips_what_retention_took");
  while (!missed && a.lost_to_retention()) settle(a, a.next++);
  if (holdfast::mutant("log_hands_out_what_nobody_wants")) return;
  while (!a.lost_to_retention() && a.next < partition.high &&
         !group_.wants(partition.at(a.next).delivery.type, partition.topic))
    settle(a, a.next++);
}

bool LogReceiver::known_empty() const {
  const bool all_here = group_.owns_all(member_) || holdfast::mutant("log_empty_of_its_own");
  return all_here && std::ranges::all_of(sessions_, [](const auto& one) {
           return one.second.next == one.second.share->partition->high;
         });
}

std::string LogReceiver::problem() const {
  for (const auto& [session, a] : sessions_)
    if (a.lost_to_retention())
      return fmt::format("{}, partition {}: the events from offset {} to {} were deleted before they were handled",
                         a.share->partition->topic, a.share->partition->number, a.next, a.share->partition->start - 1);
  return "";
}

// ---- acks and commits

void LogReceiver::settle(Assignment& a, std::int64_t offset) {
  a.to_commit = true;
  a.share->settled_up_to = std::max(a.share->settled_up_to, offset + 1);
  if (offset >= a.prefix) a.settled.insert(offset);
  if (holdfast::mutant("log_commits_past_a_gap"))
    for (; a.prefix <= offset; ++a.prefix) a.settled.erase(a.prefix);
  while (a.settled.erase(a.prefix) > 0) ++a.prefix;
}

void LogReceiver::ack(std::span<const ports::Position> settled) {
  scheduler_.point();
  if (is_member() && scheduler_.random.chance(broker_.faults.lost_ack))
    ++broker_.counts.lost_sessions, group_.leave(member_);
  for (const auto& position : settled)
    if (const auto it = sessions_.find(position.session); it != sessions_.end())
      settle(it->second, static_cast<std::int64_t>(position.tag) - 1);
    else ++broker_.counts.stale_acks;
  send_commits();
}

void LogReceiver::send_commits() {
  for (auto& [session, a] : sessions_) {
    if (!a.to_commit || a.under_way) continue;
    a.to_commit = false, a.under_way = true;
    const Committed now{a.prefix, std::max(a.flagged_below, a.next + broker_.window)};
    commits_.push_back({scheduler_.now, session, a.share, now});
  }
  if (broker_.ack_takes == 0) commits_arrive(scheduler_.now);
}

void LogReceiver::commits_arrive(Time sent_until) {
  while (!commits_.empty() && commits_.front().sent <= sent_until && !broker_.away()) {
    const Commit commit = commits_.front();
    commits_.pop_front();
    const auto it = sessions_.find(commit.session);
    if (it == sessions_.end()) {
      if (holdfast::mutant("log_lost_partitions_commit")) group_.commit(member_, *commit.share, commit.committed);
      continue;
    }
    Assignment& a = it->second;
    a.under_way = false;
    const Group::Answer answer = group_.commit(member_, *a.share, commit.committed);
    if (answer == Group::Answer::done) a.durable = commit.committed.handed_out;
    if (answer == Group::Answer::lost) a.to_commit = true;
    if (answer == Group::Answer::refused)
      notices_ = std::min(notices_, scheduler_.now + scheduler_.random.below(40)), ++broker_.counts.stale_acks;
  }
}

}  // namespace sim
