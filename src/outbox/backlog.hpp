// What of the table is buffered, key by key, and whose turn it is. Fairness and memory: few rows of a key, keys served
// round robin, a key with more in the table takes no row from a round, a blocked key keeps nothing but its name.
#pragma once
#include <algorithm>
#include <deque>
#include <queue>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "outbox/key_queue.hpp"
#include "outbox/options.hpp"

namespace holdfast::outbox {

class Backlog {
 public:
  explicit Backlog(const RelayOptions& options) : options_(options) {}

  // Rows come in.
  void open() { open_ = true; }  ///< we own the outbox
  void close();                  ///< no longer: what waits is dropped, blocks and flights stay
  int room_for_page(std::size_t unmarked) const;  ///< rows; 0: the round waits
  void take_page(std::vector<OutboxRow> rows);
  void begin_round() { crowded_.clear(); }
  /// Keys of which this round brought many rows in vain. Its later pages may come without them: what the round would show of
  /// such a key was there when the key is read, which happens after the round's first page.
  std::vector<std::string> crowded() const;
  bool can_ask_keys() const;
  std::optional<ReadKeys> ask_keys();  ///< keys that run low, or whose block ended
  void take_keys(std::vector<OutboxRow> rows);
  void keys_failed();
  std::optional<ReadPage> ask_nameless();  ///< rows without key whose block ended
  void take_nameless(ports::Page page);

  // Rows go out.
  void pipelined(bool allowed) { pipelined_ = allowed; }
  KeyQueue* next(Session session);  ///< whose turn it is there
  Row send(KeyQueue& key, Session session);
  void confirmed(KeyQueue& key, const Row& row);
  void back(KeyQueue& key, Row row);  ///< waits again, at its place
  void block(KeyQueue& key, Row row, Why why, Tick until);  ///< until max: see block_until
  void block_head(KeyQueue& key, Tick until);  ///< an operator's matter: refused, and found so in the table
  void block_until(KeyQueue& key, Tick until);
  void pass_refused(KeyQueue& key, const Row& row);  ///< only by a mutant
  void unblock(Tick now);
  void start_over();  ///< what waits is dropped but for suspects, and a full round brings it
  void marked(std::span<const RowRef> rows);

  Tick next_unblock() const { return blocks_.empty() ? Tick::max() : blocks_.top().until; }
  bool has_suspects() const { return !suspects_.empty(); }
  bool has_nameless_due() const { return !due_.empty(); }
  std::size_t rows() const { return rows_; }
  std::size_t bytes() const { return bytes_; }
  std::size_t keys() const { return named_.size() + nameless_.size(); }
  std::size_t blocked() const { return blocked_; }

 private:
  struct Block {
    Tick until;
    KeyQueue* key;
    bool operator>(const Block& other) const { return until > other.until; }
  };
  using Turns = std::deque<KeyQueue*>;

  KeyQueue& key_of(const OutboxRow& row);
  void add(KeyQueue& key, OutboxRow row);
  void forget(const Row& row);
  void came_in_vain(KeyQueue& key);
  void start_over(KeyQueue& key);
  void drop_waiting(KeyQueue& key);
  void drop(bool (*of)(const KeyQueue& key));  // all that waits; a round brings it again
  void set_block(KeyQueue& key, Why why, Tick until);
  bool may_fly(const KeyQueue& key) const;
  void offer(KeyQueue& key);
  void want(KeyQueue& key);
  void landed(KeyQueue& key);  // one flight less: who is next?
  void release(KeyQueue& key);
  std::size_t most_rows() const {
    return static_cast<std::size_t>(options_.window) * static_cast<std::size_t>(options_.windows_buffered);
  }
  int rows_each() const { return std::max(1, options_.rows_of_a_key - options_.refill_below); }
  void learn_size(std::size_t rows, std::size_t bytes);

  const RelayOptions& options_;
  std::unordered_map<std::string, KeyQueue> named_;
  std::unordered_map<Seq, KeyQueue> nameless_;
  struct SeqOf {
    std::size_t operator()(const RowRef& row) const { return std::hash<Seq>()(row.seq); }
  };
  std::unordered_set<RowRef, SeqOf>
      known_;  // by id too: after a restore a seq is used again. Buffered, in flight or confirmed and not yet marked
  Turns ready_, suspects_, wanted_, asked_;
  std::set<std::string> crowded_;
  std::set<Seq> due_;  // nameless, block ended, to be read again
  Seq looked_after_ = 0;
  std::priority_queue<Block, std::vector<Block>, std::greater<>> blocks_;
  std::size_t rows_ = 0, bytes_ = 0, blocked_ = 0;
  std::size_t row_bytes_ = 256 * 1024;  // of a typical row: the first pages are small, until it is known
  bool open_ = false, pipelined_ = false;
};

}  // namespace holdfast::outbox
