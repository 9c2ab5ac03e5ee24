#include "outbox/key_queue.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::outbox {

void KeyQueue::put(Row row) {
  const bool first = !empty() && row.data.seq < front().data.seq;
  if (first && head_ > 0) {  // one that comes back from flight
    rows_[--head_] = std::move(row);
    return;
  }
  const auto live = rows_.begin() + static_cast<std::ptrdiff_t>(head_);
  auto at = rows_.end();
  while (at != live && std::prev(at)->data.seq > row.data.seq) --at;
  rows_.insert(at, std::move(row));
}

void KeyQueue::put_last(Row row) { rows_.push_back(std::move(row)); }

Row KeyQueue::pop() {
  Row row = std::move(rows_[head_++]);
  const bool mostly_gone = head_ >= 32 && head_ * 2 >= rows_.size();
  if (empty()) rows_.clear(), head_ = 0;
  else if (mostly_gone)
    rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(std::exchange(head_, 0)));
  return row;
}

std::vector<Row> KeyQueue::clear() {
  rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(head_));
  head_ = 0;
  return std::exchange(rows_, {});
}

}  // namespace holdfast::outbox
