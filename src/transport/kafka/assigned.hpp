// How far one partition has come. What is committed is the offset before which all is settled; that an event behind it
// is settled too is forgotten with the session, and the inbox knows it.
// A committed offset says in its metadata how the session ended that wrote it: in order, with the offset below which all was handed
// out; or not at all yet, and then the first events count as redelivered.
#pragma once
#include <set>

#include "transport/kafka/admin.hpp"

namespace holdfast::transport::kafka {

class Assigned {
 public:
  /// start: where it begins; metadata: of the committed offset, "" = none.
  Assigned(Place place, std::uint64_t session, std::int64_t start, const std::string& metadata, std::int64_t in_doubt);

  const Place& place() const { return place_; }
  std::uint64_t session() const { return session_; }
  bool redelivered(std::int64_t offset) const { return offset < redelivered_below_; }
  void handed_out(std::int64_t offset) { open_.insert(offset), next_ = offset + 1; }
  void passed_over(std::int64_t offset) { next_ = offset + 1; }
  void settled(std::int64_t offset) { open_.erase(offset); }
  std::size_t open() const { return open_.size(); }

  /// All before it is settled.
  std::int64_t position() const { return open_.empty() ? next_ : *open_.begin(); }
  bool moved() const { return position() != committed_; }
  void committed(std::int64_t offset) { committed_ = offset; }

  static std::string while_open() { return "holdfast open"; }
  std::string at_its_end() const;

  bool at_end = false;  // all that the broker has was read
  bool leaving = false;  // nothing of it is handed out any more
  bool lost = false;  // another member may have it: nothing is committed

 private:
  Place place_;
  std::uint64_t session_;
  std::set<std::int64_t> open_;  // handed out, not settled
  std::int64_t next_, redelivered_below_, committed_;
};

}  // namespace holdfast::transport::kafka
