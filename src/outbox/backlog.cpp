#include "outbox/backlog.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "ports/mutants.hpp"

namespace holdfast::outbox {
namespace {

std::size_t bytes_of(const ports::OutgoingEvent& event) {
  std::size_t bytes = sizeof(Row) + event.envelope.size() + event.type.size() + event.destination.size();
  if (event.key) bytes += event.key->size();
  for (const auto& [name, value] : event.headers) bytes += name.size() + value.size() + 96;  // a node of the map
  return bytes;
}

}  // namespace

int Backlog::room_for_page(std::size_t unmarked) const {
  const auto window = static_cast<std::size_t>(options_.window);
  const std::size_t taken = rows_ + unmarked + window;  // the last window is for keys that run low
  std::size_t room = std::min(window, most_rows() > taken ? most_rows() - taken : 0);
  const std::size_t by_bytes = bytes_ < options_.bytes_buffered ? (options_.bytes_buffered - bytes_) / row_bytes_ : 0;
  if (rows_ == 0 && by_bytes == 0) return 1;
  room = std::min(room, by_bytes);
  const std::size_t worth_it = std::min<std::size_t>(window, 16);
  return room < worth_it && rows_ > 0 ? 0 : static_cast<int>(room);
}

void Backlog::learn_size(std::size_t rows, std::size_t bytes) {
  if (rows > 0) row_bytes_ = std::max({bytes / rows, row_bytes_ / 8, std::size_t{1}});
}

KeyQueue& Backlog::key_of(const OutboxRow& row) {
  if (!row.event.key) {
    KeyQueue& key = nameless_[row.seq];
    key.seq = row.seq;
    return key;
  }
  const auto [at, is_new] = named_.try_emplace(*row.event.key);
  if (is_new) at->second.name = &at->first;
  return at->second;
}

void Backlog::add(KeyQueue& key, OutboxRow row) {
  key.last = std::max(key.last, row.seq);
  if (!known_.insert({row.seq, row.event.id}).second) return;
  const std::size_t bytes = bytes_of(row.event);
  ++rows_;
  bytes_ += bytes;
  key.put({std::move(row), bytes});
}

void Backlog::take_page(std::vector<OutboxRow> rows) {
  const std::size_t before = bytes_, rows_before = rows_;
  for (OutboxRow& row : rows) {
    if (known_.contains({row.seq, row.event.id})) continue;
    KeyQueue& key = key_of(row);
    const bool full = key.buffered() >= static_cast<std::size_t>(options_.rows_of_a_key);
    if (row.seq <= key.last && (full || key.more) &&
        !key.blocked()) {  // a restore: else the rest is above what is known
      start_over(key);
      continue;
    }
    if (key.more && !mutant("more_takes_from_round")) continue;
    if (full) {
      key.more = true;
      HOLDFAST_MARK("backlog.key_has_more");
      continue;
    }
    add(key, std::move(row));
    offer(key);
  }
  learn_size(rows_ - rows_before, bytes_ - before);
}

void Backlog::want(KeyQueue& key) {
  const bool low = key.buffered() < static_cast<std::size_t>(options_.refill_below);
  if (!key.name || !key.more || !low || key.blocked() || key.wanted || key.reading || !open_) return;
  key.wanted = true;
  wanted_.push_back(&key);
}

bool Backlog::can_ask_keys() const {
  const bool room = rows_ == 0 || (rows_ < most_rows() && bytes_ < options_.bytes_buffered);
  return asked_.empty() && !wanted_.empty() && room;
}

std::optional<ReadKeys> Backlog::ask_keys() {
  if (!can_ask_keys()) return {};
  ReadKeys ask{.keys = {}, .limit_each = rows_each()};
  const std::size_t most =
      std::clamp<std::size_t>((most_rows() - rows_) / static_cast<std::size_t>(ask.limit_each), 1, 128);
  while (!wanted_.empty() && asked_.size() < most) {
    KeyQueue& key = *wanted_.front();
    wanted_.pop_front();
    key.wanted = false;
    if (key.blocked() || !key.more) {
      release(key);
      continue;
    }
    key.reading = true;
    key.got = 0;
    asked_.push_back(&key);
    ask.keys.push_back({*key.name, key.last});
  }
  if (asked_.empty()) return {};
  return ask;
}

void Backlog::take_keys(std::vector<OutboxRow> rows) {
  for (OutboxRow& row : rows) {
    if (!row.event.key) continue;
    const auto at = named_.find(*row.event.key);
    if (at == named_.end() || !at->second.reading || at->second.stale) continue;
    ++at->second.got;
    add(at->second, std::move(row));
  }
  for (KeyQueue* key : std::exchange(asked_, {})) {
    if (!key->stale) key->more = key->got >= rows_each();
    else HOLDFAST_MARK("backlog.stale_keys");
    key->reading = key->stale = false;
    want(*key);
    offer(*key);
    release(*key);
  }
}

void Backlog::keys_failed() {
  for (KeyQueue* key : std::exchange(asked_, {})) {
    key->reading = key->stale = false;
    want(*key);
    release(*key);
  }
}

std::optional<ReadPage> Backlog::ask_nameless() {
  if (due_.empty()) return {};
  const auto most = std::min(due_.size(), static_cast<std::size_t>(options_.window));
  looked_after_ = *due_.begin() - 1;
  return ReadPage{.round = {.not_seen_by = {}, .as_of = {}, .after = looked_after_}, .limit = static_cast<int>(most)};
}

void Backlog::take_nameless(ports::Page page) {
  const Seq end = page.last || page.rows.empty() ? std::numeric_limits<Seq>::max() : page.rows.back().seq;
  for (OutboxRow& row : page.rows) {
    if (row.event.key || due_.erase(row.seq) == 0) continue;  // with a key: after a restore, another row of this seq
    KeyQueue& key = nameless_[row.seq];
    key.more = false;
    add(key, std::move(row));
    offer(key);
  }
  for (auto gone = due_.upper_bound(looked_after_); gone != due_.end() && *gone <= end; gone = due_.erase(gone)) {
    KeyQueue& key = nameless_[*gone];  // sent by another, or discarded
    key.more = false;
    release(key);
  }
}

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

/// What a key has in the table may have changed below what is known of it: a mark that a crash of the server undid, a backup.
void Backlog::start_over() {
  for (auto& [name, key] : named_) {
    if (key.more && !key.blocked()) start_over(key);
  }
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
  ready_.clear(), suspects_.clear(), wanted_.clear(), due_.clear();
  const auto empty = [this](KeyQueue& key) {
    drop_waiting(key);
    key.queued = key.wanted = false;
    if (!key.blocked()) key.more = false;
  };
  for (auto& [name, key] : named_) empty(key);
  for (auto& [seq, key] : nameless_) empty(key);
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
