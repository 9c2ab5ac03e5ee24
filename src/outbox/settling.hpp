// What the store is still to be told: marks of confirmed rows, notes of failures. Each is told until the store has said that it knows.
#pragma once
#include <deque>
#include <optional>

#include "outbox/key_queue.hpp"

namespace holdfast::outbox {

class Marks {
 public:
  void add(const OutboxRow& row) { waiting_.push_back({row.seq, row.event.id}); }
  std::optional<MarkPublished> ask(int most);  ///< none while one is out
  std::vector<RowRef> done();
  void failed();
  bool waiting() const { return !waiting_.empty() && out_.empty(); }
  std::size_t size() const { return waiting_.size() + out_.size(); }

 private:
  std::vector<RowRef> waiting_, out_;
};

class Notes {
 public:
  /// refused: the key that waits until the table says so; null: an attempt, for display only.
  void add(const OutboxRow& row, std::string error, KeyQueue* refused);
  std::optional<NoteFailure> ask(int most);
  std::vector<KeyQueue*> done();  ///< keys whose refused row is noted
  void failed();
  bool waiting() const { return !waiting_.empty() && out_.empty(); }
  std::size_t size() const { return waiting_.size() + out_.size(); }

 private:
  struct Note {
    RowRef row;
    std::string error;
    KeyQueue* refused = nullptr;
  };
  std::deque<Note> waiting_;
  std::vector<Note> out_;
};

}  // namespace holdfast::outbox
