#include "simulation/log/group.hpp"

#include <algorithm>
#include <utility>

#include "ports/mutants.hpp"
#include "ports/topic.hpp"

namespace sim {
namespace {

constexpr Time session_timeout = 80;

}  // namespace

bool Group::wants(const std::string& type, const std::string& topic) const {
  return topic == name || copies ||
         std::ranges::any_of(patterns, [&](const auto& pattern) { return ports::topic_matches(pattern, type); });
}

void Group::add(Partition& partition) {
  if (std::ranges::any_of(shares_, [&](const Share& share) { return share.partition == &partition; })) return;
  shares_.push_back({&partition, {partition.start, 0}});
  rebalance();
}

// ---- members

Group::Member Group::join(int process) {
  members_.emplace(++last_member_, Membership{process});
  const Member me = last_member_;
  rebalance();
  return me;
}

void Group::leave(Member member) {
  if (members_.erase(member) == 0) return;
  for (Share& share : shares_)
    if (share.owner == member) share.owner = 0;
  rebalance();
}

void Group::abandon(Member member) {
  if (const auto it = members_.find(member); it != members_.end()) it->second.gone = true;
}

void Group::notice_silence() {
  Member silent = 0;
  for (auto& [member, m] : members_) {
    if (!m.gone && !broker_.scheduler.frozen(m.process)) m.silent_since = never;
    else if (m.silent_since == never) m.silent_since = broker_.scheduler.now;
    else if (broker_.scheduler.now >= m.silent_since + session_timeout) silent = member;
  }
  if (silent != 0) leave(silent);
}

Time Group::next_silence() const {
  Time next = never;
  for (const auto& [member, m] : members_)
    if (m.silent_since != never) next = std::min(next, m.silent_since + session_timeout);
    else if (m.gone) next = broker_.scheduler.now + 1;
  return next;
}

// ---- whose each partition is

/// Each has about as many; who has one keeps it if that is fair.
void Group::rebalance(bool shuffled) {
  if (members_.empty()) return;
  ++broker_.counts.rebalances;
  all_back_ = eager_;
  const auto fair = (shares_.size() + members_.size() - 1) / members_.size();
  std::map<Member, std::size_t> has;
  for (const auto& [member, m] : members_) has[member] = 0;
  for (Share& share : shares_) {
    const bool stays = members_.contains(share.owner) && has[share.owner] < fair && !shuffled;
    share.target = stays ? share.owner : 0;
    if (stays) ++has[share.owner];
  }
  for (Share& share : shares_) {
    if (share.target != 0) continue;
    auto least = std::ranges::min_element(has, {}, [](const auto& one) { return one.second; });
    if (shuffled) least = std::next(has.begin(), broker_.scheduler.random.below(static_cast<int>(has.size())));
    share.target = least->first, ++least->second;
  }
}

Group::Share* Group::offered(Member member) {
  all_back_ = all_back_ && std::ranges::any_of(shares_, [](const Share& share) { return share.owner != 0; });
  if (all_back_) return nullptr;
  const auto it =
      std::ranges::find_if(shares_, [&](const Share& share) { return share.owner == 0 && share.target == member; });
  return it == shares_.end() ? nullptr : &*it;
}

bool Group::wanted_back(Member member, const Share& share) const {
  return share.owner == member && (all_back_ || share.target != member);
}

void Group::give_up(Member member, Share& share) {
  if (share.owner == member) share.owner = 0;
}

bool Group::owns_all(Member member) const {
  return std::ranges::all_of(shares_, [&](const Share& share) { return share.owner == member; });
}

// ---- how far

Group::Answer Group::commit(Member member, Share& share, const Committed& now) {
  if (!has(member)) {
    HOLDFAST_MARK("log.zombie_commit_refused");
    return Answer::refused;
  }
  if (broker_.scheduler.random.chance(broker_.faults.lost_commit)) return Answer::lost;
  const Committed before = std::exchange(share.committed, now);
  on_commit(share, before, now);
  return Answer::done;
}

std::int64_t Group::lag() const {
  std::int64_t lag = 0;
  for (const Share& share : shares_)
    lag += share.partition->high - std::max(share.committed.offset, share.partition->start);
  return lag;
}

}  // namespace sim
