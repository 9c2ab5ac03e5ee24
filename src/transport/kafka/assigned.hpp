// How far one partition has come. What is committed is the offset before which all is settled; that an event behind it
// is settled too is forgotten with the session, and the inbox knows it.
// Kafka says of no event that somebody had it before. So each commit says in its metadata below which offset a handler may have had what it
// did not settle, and nothing is handed out before that is there; a session that ends in order says what it truly handed out. What is
// below counts as redelivered to the next one: however far behind a gap an event is that ends the process, it is found. (The simulator:
// mutant log_flags_the_first_prefetch.)
#pragma once
#include <set>

#include "transport/kafka/admin.hpp"

namespace holdfast::transport::kafka {

class Assigned {
 public:
  /// start: where it begins; metadata: of the committed offset, "" = none; end: of the log. It hands out nothing
  /// before a commit.
  Assigned(Place place, std::uint64_t session, std::int64_t start, const std::string& metadata, std::int64_t end,
           std::int64_t ahead);

  const Place& place() const { return place_; }
  std::uint64_t session() const { return session_; }
  bool redelivered(std::int64_t offset) const { return offset < redelivered_below_; }
  void handed_out(std::int64_t offset) { open_.insert(offset), next_ = offset + 1; }
  void passed_over(std::int64_t offset) { next_ = offset + 1; }
  void settled(std::int64_t offset) { open_.erase(offset); }
  std::size_t open() const { return open_.size(); }

  /// All before it is settled.
  std::int64_t position() const { return open_.empty() ? next_ : *open_.begin(); }
  bool may_hand_out(std::int64_t offset) const { return offset < said_; }
  bool has_to_commit() const { return position() != committed_ || next_ + ahead_ / 2 > said_; }
  /// The metadata of a commit that is made now.
  std::string while_open();
  std::string at_its_end() const;
  void committed(std::int64_t offset) { committed_ = offset, said_ = saying_; }

  bool at_end = false;  // all that the broker has was read
  bool leaving = false;  // nothing of it is handed out any more
  bool gone = false;  // its topic is: a commit would bring back an offset that the next one of that name would begin at

 private:
  Place place_;
  std::uint64_t session_;
  std::set<std::int64_t> open_;  // handed out, not settled
  std::int64_t next_, redelivered_below_, committed_;
  std::int64_t ahead_;  // so far before what is handed out a commit says it
  std::int64_t saying_, said_;  // by the last commit that was made, that arrived
};

}  // namespace holdfast::transport::kafka
