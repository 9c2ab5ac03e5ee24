#include "outbox/settling.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace holdfast::outbox {

Tick Marks::next(bool at_once) const {
  if (!out_.empty() || waiting_.empty()) return Tick::max();
  return at_once || std::ssize(waiting_) >= most_ ? Tick::min() : not_before_;
}

std::optional<MarkPublished> Marks::ask(Tick now, bool at_once) {
  if (now < next(at_once)) return {};
  not_before_ = now + every_;
  const auto end = waiting_.begin() + std::min<std::ptrdiff_t>(most_, std::ssize(waiting_));
  out_.assign(waiting_.begin(), end);
  waiting_.erase(waiting_.begin(), end);
  std::sort(out_.begin(), out_.end());
  return MarkPublished{out_};
}

std::vector<RowRef> Marks::done() { return std::exchange(out_, {}); }

void Marks::failed() {
  waiting_.insert(waiting_.begin(), out_.begin(), out_.end());
  out_.clear();
}

void Notes::add(const OutboxRow& row, std::string error, KeyQueue* refused) {
  constexpr std::size_t enough = 10'000;  // attempts are for display: with the store away they may go uncounted
  if (!refused && waiting_.size() >= enough) return;
  waiting_.push_back({{row.seq, row.event.id}, std::move(error), refused});
}

std::optional<NoteFailure> Notes::ask(int most) {
  if (!out_.empty() || waiting_.empty()) return {};
  NoteFailure ask{.rows = {}, .error = waiting_.front().error, .refused = waiting_.front().refused != nullptr};
  const auto same = [&](const Note& note) {
    return note.error == ask.error && (note.refused != nullptr) == ask.refused;
  };
  while (!waiting_.empty() && std::ssize(ask.rows) < most && same(waiting_.front())) {
    ask.rows.push_back(waiting_.front().row);
    out_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return ask;
}

std::vector<KeyQueue*> Notes::done() {
  std::vector<KeyQueue*> refused;
  for (const Note& note : std::exchange(out_, {})) {
    if (note.refused) refused.push_back(note.refused);
  }
  return refused;
}

void Notes::failed() {
  waiting_.insert(waiting_.begin(), std::move_iterator(out_.begin()), std::move_iterator(out_.end()));
  out_.clear();
}

}  // namespace holdfast::outbox
