#include "outbox/backlog.hpp"

#include <algorithm>
#include <utility>

#include "ports/mutants.hpp"

namespace holdfast::outbox {

bool Backlog::may_fly(const KeyQueue& key) const {
  if (key.empty() || key.blocked() || !open_) return false;
  const bool several = (pipelined_ && !key.front().suspect) || mutant("window_for_a_key") ||
                       (mutant("window_until_doubt") && key.failures == 0);
  return key.flying == 0 || (several && !key.alone);
}

void Backlog::offer(KeyQueue& key) {
  if (key.queued || !may_fly(key)) return;
  key.queued = true;
  Turns& turns = key.front().suspect ? suspects_ : ready_;
  turns.push_back(&key);
}

KeyQueue* Backlog::next(Session session) {
  Turns& turns = session == Session::main ? ready_ : suspects_;
  while (!turns.empty()) {
    KeyQueue& key = *turns.front();
    turns.pop_front();
    key.queued = false;
    const bool here = may_fly(key) && key.front().suspect == (session == Session::suspects);
    if (here) return &key;
    offer(key);  // to the other turns, if its head became a suspect meanwhile
    release(key);
  }
  return nullptr;
}

Row Backlog::send(KeyQueue& key, Session session) {
  Row row = key.pop();
  ++key.flying;
  key.alone = session == Session::suspects;
  offer(key);
  return row;
}

void Backlog::landed(KeyQueue& key) {
  want(key);
  offer(key);
  release(key);
}

void Backlog::confirmed(KeyQueue& key, const Row& row) {
  --rows_;  // its seq stays known until it is marked
  bytes_ -= row.bytes;
  --key.flying;
  key.failures = 0;
  landed(key);
}

void Backlog::back(KeyQueue& key, Row row) {
  --key.flying;
  const bool follows =
      row.data.seq <= key.last;  // else those before it were dropped: it comes again by key, behind them
  if (open_ && !follows) {
    key.more = true;
    HOLDFAST_MARK("backlog.back_behind_dropped");
  }
  if (!open_ || key.blocked() || !follows) forget(row);
  else if (mutant("resume_not_at_lowest")) key.put_last(std::move(row));
  else key.put(std::move(row));
  landed(key);
}

void Backlog::forget(const Row& row) {
  known_.erase({row.data.seq, row.data.event.id});
  --rows_;
  bytes_ -= row.bytes;
}

void Backlog::drop_waiting(KeyQueue& key) {
  if (!key.empty()) key.last = key.front().data.seq - 1;
  for (const Row& row : key.clear()) forget(row);
  key.stale = key.reading;
}

void Backlog::block(KeyQueue& key, Row row, Why why, Tick until) {
  if (mutant("skip_blocked_key") && why != Why::refused && open_) {
    --key.flying;
    key.put_last(std::move(row));
    return landed(key);
  }
  --key.flying;
  forget(row);
  set_block(key, why, until);
}

void Backlog::block_head(KeyQueue& key, Tick until) { set_block(key, Why::refused, until); }

void Backlog::set_block(KeyQueue& key, Why why, Tick until) {
  drop_waiting(key);
  if (key.blocked()) return;  // pipelined: two of one key came back
  key.last = 0;
  key.more = true;
  key.why = why;
  ++blocked_;
  if (until != Tick::max()) blocks_.push({until, &key});
}

void Backlog::block_until(KeyQueue& key, Tick until) {
  if (key.why == Why::refused) blocks_.push({until, &key});
}

void Backlog::pass_refused(KeyQueue& key, const Row& row) {
  --rows_;
  bytes_ -= row.bytes;
  --key.flying;
  landed(key);
}

void Backlog::unblock(Tick now) {
  while (!blocks_.empty() && blocks_.top().until <= now) {
    KeyQueue& key = *blocks_.top().key;
    blocks_.pop();
    key.why = Why::nothing;
    --blocked_;
    if (!open_) key.more = false;  // the new owner's matter; ours again: a full round brings it
    else if (!key.name) due_.insert(key.seq);
    want(key);
    release(key);
  }
}

/// The table may be another one: a mark that a crash of the server undid, a backup. What waits here may never have been. But
/// suspects stay: how often each failed alone is known here only.
void Backlog::start_over() {
  if (open_) drop([](const KeyQueue& key) { return key.empty() || !key.front().suspect; });
}

void Backlog::start_over(KeyQueue& key) {
  drop_waiting(key);
  key.last = 0;
  key.more = true;
  want(key);
}

void Backlog::marked(std::span<const RowRef> rows) {
  for (const RowRef& row : rows) known_.erase(row);
}

void Backlog::close() {
  open_ = false;
  drop([](const KeyQueue&) { return true; });
}

void Backlog::drop(bool (*of)(const KeyQueue& key)) {
  ready_.clear(), suspects_.clear(), wanted_.clear(), due_.clear();
  const auto each = [&](KeyQueue& key) {
    key.queued = key.wanted = false;
    if (!of(key)) return want(key), offer(key);
    drop_waiting(key);
    if (!key.blocked()) key.more = false;
  };
  for (auto& [name, key] : named_) each(key);
  for (auto& [seq, key] : nameless_) each(key);
  const auto idle = [](const auto& entry) { return entry.second.idle(); };
  std::erase_if(named_, idle);
  std::erase_if(nameless_, idle);
}

void Backlog::release(KeyQueue& key) {
  if (!key.idle()) return;
  if (key.name) named_.erase(named_.find(*key.name));
  else nameless_.erase(key.seq);
}

}  // namespace holdfast::outbox
