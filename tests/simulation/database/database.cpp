#include "simulation/database/database.hpp"

#include <algorithm>

#include "ports/mutants.hpp"

namespace sim {

using holdfast::mutant;

ServerTx& Database::open() {
  open_.push_back(&transactions_.emplace_back());
  return *open_.back();
}

void Database::end(ServerTx& tx, bool commit) {
  if (!tx.open) return;
  if (commit) before_commit(tx);
  tx.open = false, tx.waits_for = nullptr;
  std::erase(open_, &tx);
  if (commit) count_handled(tx);
  for (Lockable* held : tx.holds) held->end(commit);
  tx.holds.clear();
  if (!commit) return;
  for (auto& row : tx.appended) {
    const auto seq = row.seq;
    if (!outbox.empty() && outbox.rbegin()->first > seq) ++counts.late_commits;
    outbox.insert_or_assign(seq, Pending{std::move(row), tx.xid});
  }
  unsynced.clear();
  after_commit();
}

void Database::count_handled(const ServerTx& tx) {
  for (const auto& [tables, id, row] : tx.inbox)
    if (row->changed && row->changed->row.state == ports::State::handled) ++tables->handled;
}

void Database::abandon(ServerTx& tx, bool commit) {
  tx.waits_for = nullptr, tx.orphan = true;
  if (!scheduler.random.chance(faults.linger)) return end(tx, commit);
  ++counts.lingering;
  orphans_.push_back({&tx, scheduler.now + 1 + scheduler.random.below(60), commit});
}

void Database::reap() {
  for (auto& orphan : orphans_)
    if (orphan.until <= scheduler.now) end(*orphan.tx, orphan.commit);
  std::erase_if(orphans_, [](const auto& orphan) { return !orphan.tx->open; });
}

bool Database::busy() const {
  return std::any_of(open_.begin(), open_.end(), [](const ServerTx* tx) { return tx->xid != 0 || !tx->holds.empty(); });
}

Time Database::next() const {
  Time next = never;
  for (const auto& orphan : orphans_) next = std::min(next, std::max(orphan.until, scheduler.now + 1));
  return next;
}

bool Database::wait_for(ServerTx& tx, const Lockable& row) {
  const Time until = scheduler.now + 5'000;
  while (tx.open && row.owner && row.owner != &tx) {
    ++counts.waits;
    const ServerTx* const rival = tx.waits_for = row.owner;
    for (const ServerTx* t = rival; t; t = t->waits_for)
      if (t == &tx) {
        ++counts.deadlocks, on_deadlock();
        end(tx, false);
        return false;
      }
    const bool over = scheduler.wait([&] { return row.owner != rival || !tx.open; }, until);
    tx.waits_for = nullptr;
    if (!over) {
      ++counts.lock_timeouts;
      end(tx, false);
    }
  }
  return tx.open;
}

bool Database::append(ServerTx& tx, std::span<const ports::OutgoingEvent> events) {
  if (tx.xid == 0) tx.xid = next_xid_++;
  std::set<std::string> sorted;
  for (const auto& event : events)
    if (event.key) sorted.insert(*event.key);
  const auto insert = [&] {
    for (const auto& event : events) tx.appended.push_back({++seq_, 0, false, event});
  };
  if (mutant("key_lock_after_seq")) insert();
  for (const auto& key : mutant("no_key_lock") ? std::set<std::string>() : sorted) {
    Advisory& lock = keys[key];
    if (!wait_for(tx, lock)) return false;
    tx.take(lock);
  }
  if (!mutant("key_lock_after_seq")) insert();
  return true;
}

Seen Database::snapshot() const {
  Seen seen{next_xid_, {}};
  for (const ServerTx* tx : open_)
    if (tx->xid != 0) seen.open.push_back(tx->xid);
  return seen;
}

void Database::crash(Time down_for) {
  end_sessions();
  away_until = std::max(away_until, scheduler.now + down_for);
  for (int lost = scheduler.random.below(static_cast<int>(unsynced.size()) + 1); lost > 0; --lost) {
    auto& [seq, row] = unsynced.back();
    published.erase(seq);
    outbox.try_emplace(seq, std::move(row));
    unsynced.pop_back();
  }
  unsynced.clear();
}

void Database::end_sessions() {
  sessions_ended = scheduler.now;
  while (!open_.empty()) end(*open_.back(), false);
  orphans_.clear();
}

}  // namespace sim
