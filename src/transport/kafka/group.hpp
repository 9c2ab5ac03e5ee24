// A consumer's handle: a member of the group, or, for dead letters, a reader of all partitions that only keeps its offsets under the
// group's name: that needs no rebalance, and two of them at once take the same, which the inbox absorbs.
// Threads: one. Errors: Failed.
#pragma once
#include "transport/kafka/admin.hpp"

namespace holdfast::transport::kafka {

enum class Membership { member, reader };

struct Start {  // of a partition
  Place place;
  std::int64_t offset = 0;
  std::string metadata = {};
};
struct Commit {
  Place place;
  std::int64_t offset = 0;
  std::string metadata = {};
};

class Group {
 public:
  /// Connects.
  Group(const Settings& settings, const std::string& group, const std::string& instance, Membership membership,
        Bell& bell);
  ~Group();
  Group(const Group&) = delete;

  Client& client() { return client_; }
  Admin admin() const { return admin(settings_.options.answer_timeout); }
  Admin admin(ports::Millis timeout) const { return Admin(client_.get(), timeout); }

  void subscribe(const std::vector<std::string>& topics);
  /// Where each goes on: where the group was, or where its topic begins.
  std::vector<Start> starts(const std::vector<Place>& places) const;
  /// Where it ends; where that cannot be had, it has no end.
  std::int64_t high_of(const Place& place) const;
  void assign(const std::vector<Start>& more);
  void revoke(const std::vector<Place>& places);
  bool lost() const { return rd_kafka_assignment_lost(client_.get()) != 0; }
  bool cooperative() const;

  /// The answer is an RD_KAFKA_EVENT_OFFSET_COMMIT.
  void commit_soon(const std::vector<Commit>& commits);
  /// false: not known to be committed.
  bool commit_now(const std::vector<Commit>& commits, ports::Millis within);
  void pause(const std::vector<Place>& places);
  void resume(const std::vector<Place>& places);
  /// Leaves, so that others need not wait for a timeout.
  void leave();

 private:
  const Settings& settings_;
  Bell& bell_;
  const Membership membership_;
  Client client_;
};

Offsets list_of(const std::vector<Place>& places);
std::vector<Place> places_in(const rd_kafka_topic_partition_list_t* list);

}  // namespace holdfast::transport::kafka
