// What the store is still to be told: marks of confirmed rows, notes of failures. Each is told until the store has said that it knows.
#pragma once
#include <deque>
#include <optional>

#include "outbox/key_queue.hpp"
#include "outbox/options.hpp"

namespace holdfast::outbox {

class Marks {
 public:
  explicit Marks(const RelayOptions& options) : most_(options.mark_batch), every_(options.mark_every) {}
  void add(const OutboxRow& row) { waiting_.push_back({row.seq, row.event.id}); }
  std::optional<MarkPublished> ask(Tick now, bool at_once);  ///< none while one is out
  Tick next(bool at_once) const;  ///< when there is one to ask for
  std::vector<RowRef> done();
  void failed();
  std::size_t size() const { return waiting_.size() + out_.size(); }

 private:
  int most_;
  Millis every_;
  Tick not_before_{};
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
