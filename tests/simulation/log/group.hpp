// A consumer group: who its members are, whose each partition is, how far each was settled. Its coordinator goes by the membership
// alone: who was expelled and comes back is another member, and what the old one still commits is refused.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simulation/broker/broker.hpp"

namespace sim {

/// What is in it and not yet replicated no consumer sees; and it may be lost, for no producer was told of it.
struct Partition {
  struct Record {
    ports::Delivery delivery;
    std::shared_ptr<PublisherLink> from;  // null: nobody waits for it
    std::uint64_t token = 0;
  };
  std::string topic;
  int number = 0;
  bool bound = true;  // its topic takes what is published by type
  std::int64_t start = 0;  // of what is retained
  std::int64_t high = 0;  // replicated up to here
  std::deque<Record> records = {};

  std::int64_t end() const { return start + std::ssize(records); }
  const Record& at(std::int64_t offset) const { return records[static_cast<std::size_t>(offset - start)]; }
  Record& at(std::int64_t offset) { return records[static_cast<std::size_t>(offset - start)]; }
};

/// As a commit writes it: what is below offset is settled; below handed_out (in the commit's metadata) a handler may have had it.
struct Committed {
  std::int64_t offset = 0, handed_out = 0;
  bool operator==(const Committed&) const = default;
};

class Group {
 public:
  using Member = std::uint64_t;  // one membership; 0: nobody
  struct Share {
    Partition* partition;
    Committed committed;
    Member owner = 0, target = 0;
    std::int64_t settled_up_to = 0;  // by whom ever: what a gap hands out again
  };
  enum class Answer { done, refused, lost };  // refused: no member any more; lost: nothing is written, try again

  Group(Broker& broker, std::string group, bool eager) : name(std::move(group)), broker_(broker), eager_(eager) {}

  bool wants(const std::string& type, const std::string& topic) const;
  /// Of a topic that it reads. Its position there is written at once: else nobody would know what retention took before the first
  /// member came.
  void add(Partition& partition);
  std::deque<Share>& shares() { return shares_; }
  const std::deque<Share>& shares() const { return shares_; }

  Member join(int process);
  bool has(Member member) const { return members_.contains(member); }
  void leave(Member member);  // all that is its own goes to others
  void abandon(Member member);  // its process is no more: the coordinator learns it by its silence
  void rebalance(bool shuffled = false);  // a new generation
  void notice_silence();
  Time next_silence() const;

  Share* offered(Member member);  // a partition that it may take over
  /// Null where its owner no longer is a member.
  bool wanted_back(Member member, const Share& share) const;
  void take_over(Member member, Share& share) { share.owner = member; }
  void give_up(Member member, Share& share);
  Answer commit(Member member, Share& share, const Committed& committed);
  bool owns_all(Member member) const;
  std::int64_t lag() const;

  const std::string name;
  std::vector<std::string> patterns;
  bool copies = false;  // what it reads is elsewhere too: what retention took is not missed
  std::function<void(const Share&, const Committed& before, const Committed& now)> on_commit = [](const auto&, auto&,
                                                                                                  auto&) {};

 private:
  struct Membership {
    int process;
    bool gone = false;
    Time silent_since = never;
  };
  Broker& broker_;
  bool eager_;  // a rebalance takes all from everybody first; else only what moves
  std::map<Member, Membership> members_;
  std::deque<Share> shares_;
  Member last_member_ = 0;
  bool all_back_ = false;  // eager, in a rebalance: until nobody owns anything
};

}  // namespace sim
