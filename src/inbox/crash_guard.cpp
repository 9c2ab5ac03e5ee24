#include "inbox/crash_guard.hpp"

#include <algorithm>

#include "ports/mutants.hpp"

namespace holdfast::inbox {

Guarded judge(const ports::Starts& before, bool exclusive, int crash_limit, int alone_limit) {
  const int counted = mutant("release_crash_counts") ? before.all : before.counted;
  if (counted >= crash_limit || before.alone >= alone_limit) {
    HOLDFAST_MARK("crash_loop");
    return Guarded::crash_loop;
  }
  return before.all > 0 && !exclusive && !mutant("suspect_beside_others") ? Guarded::alone : Guarded::run;
}

CrashGuard::CrashGuard(CrashGuardOptions options, bool clean_end, int full_prefetch)
    : options_(options),
      careful_(!clean_end),
      full_prefetch_(full_prefetch),
      prefetch_(clean_end ? full_prefetch : std::min(full_prefetch, options.prefetch_after_crash)) {}

void CrashGuard::hold(ports::Tick now, Suspect suspect) {
  release(suspect.id);
  const auto not_before = now + options_.restart.after(suspect.starts.all);
  if (careful_) careful_until_ = std::max(careful_until_, not_before);
  held_.push_back({std::move(suspect), now, not_before});
}

void CrashGuard::release(const EventId& id) {
  std::erase_if(held_, [&](const Held& held) { return held.suspect.id == id; });
}

bool CrashGuard::holds(const EventId& id) const {
  return std::any_of(held_.begin(), held_.end(), [&](const Held& held) { return held.suspect.id == id; });
}

void CrashGuard::settled(const std::string& key, bool handled) {
  careful_ = false;
  prefetch_ = std::min(full_prefetch_, prefetch_ * 2);
  if (!handled && !mutant("duplicate_is_news")) return;
  for (Held& held : held_)
    if (key.empty() || held.suspect.key != key) held.news = true;
}

int CrashGuard::prefetch() const { return std::min(full_prefetch_, prefetch_ + static_cast<int>(held_.size())); }

/// The fewest starts first, and the others wait for it: else one that kills the process at once would go first in each life,
/// and the one that would get through, and tell, never.
const CrashGuard::Held* CrashGuard::first(ports::Tick now) const {
  const auto turn = [](const Held& held) { return std::pair(held.suspect.starts.all, held.not_before); };
  const Held* best = nullptr;
  for (const Held& held : held_) {
    const bool ready = held.not_before <= now;
    if ((ready || !mutant("suspects_wait_for_none")) && (!best || turn(held) < turn(*best))) best = &held;
  }
  return best && best->not_before <= now ? best : nullptr;
}

bool CrashGuard::has_rival(const Held& mine) const {
  return std::any_of(held_.begin(), held_.end(), [&](const Held& held) {
    return held.suspect.id != mine.suspect.id && (mine.suspect.key.empty() || held.suspect.key != mine.suspect.key);
  });
}

std::optional<ports::Tick> CrashGuard::next(ports::Tick now) const {
  std::optional<ports::Tick> soonest;
  for (const Held& held : held_)
    for (const auto at : {held.not_before, held.since + options_.alone_after})
      if (at > now && (!soonest || at < *soonest)) soonest = at;
  return soonest;
}

}  // namespace holdfast::inbox
