// How rows come in: a page of a round, more of keys that run low, rows without key whose block ended. Nothing beyond what there is room for.
#include <algorithm>
#include <limits>
#include <utility>

#include "outbox/backlog.hpp"
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

}  // namespace holdfast::outbox
