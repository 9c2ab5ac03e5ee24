// G4, link 3: the rows of one key in the order of their seq; what is in flight is always the lowest.
#pragma once
#include <optional>
#include <vector>

#include "outbox/actions.hpp"

namespace holdfast::outbox {

struct Row {
  OutboxRow data;
  std::size_t bytes = 0;
  bool suspect = false;  // in flight when a session was closed for what one event of it carried
  int times_alone = 0;   // it alone closed a session
};

enum class Why { nothing, nacked, returned, refused };

/// A row without key is a key of its own: it has no name, its rows are found by seq.
class KeyQueue {
 public:
  KeyQueue() = default;
  KeyQueue(const KeyQueue&) = delete;
  KeyQueue& operator=(const KeyQueue&) = delete;

  bool empty() const { return head_ == rows_.size(); }
  std::size_t size() const { return rows_.size() - head_; }
  const Row& front() const { return rows_[head_]; }
  void put(Row row);       ///< at its place
  void put_last(Row row);  ///< only by mutants
  Row pop();
  std::vector<Row> clear();

  bool blocked() const { return why != Why::nothing; }
  std::size_t buffered() const { return size() + static_cast<std::size_t>(flying); }
  /// Nothing is known of it that the table does not say.
  bool idle() const { return empty() && flying == 0 && !more && !blocked() && !queued && !wanted && !reading; }

  const std::string* name = nullptr;  // null: no order
  Seq seq = 0;                        // of the only row of a nameless one
  Seq last = 0;  // up to here all of it is buffered, in flight or settled; above it only if `more` is false
  int flying = 0;
  int failures = 0;  // nacks or returns in a row
  Why why = Why::nothing;  // blocked: nothing of it is buffered
  bool more = false;  // the table has rows of it that a round must not bring: they come by key
  bool alone = false;  // what flies does so on the suspects' session
  bool queued = false;  // has its turn
  bool wanted = false, reading = false;
  bool stale = false;  // rows were dropped since it is being read: what was read does not follow
  int got = 0;
  int in_vain = 0;  // rows that a round brought though they come by key

 private:
  std::vector<Row> rows_;
  std::size_t head_ = 0;  // those before it are gone
};

}  // namespace holdfast::outbox
