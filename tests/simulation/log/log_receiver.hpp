// A member of a group, as the adapter to Kafka is to be one. What the rules of the inbox need of it:
//  1. Each assignment of a partition is a session. What ends it (given up, lost, disconnect) is told; acks of ended ones are dropped.
//  2. The offset that is committed is the end of the settled prefix: what lies behind a gap is handed out again some day. A commit is
//     made after the ack, never at the hand-out; one at a time, so that an older one never replaces a newer.
//  3. Nothing is handed out before a commit is there whose metadata says so: "below this offset a handler may have had it". The first of
//     a session is made before its first event, with the old offset. It never says less than the one that it replaces, but at an end in
//     good order: then it says what was truly handed out. The next owner flags what is below as redelivered: this is how an event that
//     ends the process is found, however far behind the prefix it was, and a clean end needs no word of its own.
//  4. A partition that is asked back is paused; what was handed out may be settled for a while; then commit, give up. A partition that
//     is lost commits nothing: the group refuses it, and what its zombie still does is harmless.
//  5. `empty` is said only by who has all partitions of the group and has handed out all that is there.
//  6. What is in a shared topic and matches no pattern of the queue is settled at once.
//  7. A queue that is declared has a position in each partition from then on, and a new partition too: it is committed before there is
//     a member. A position below the start of the log: the partition stops, the problem says which span, until an operator sends it again and
//     moves the group on. Not so for the dead letters: they are copies.
#pragma once
#include "simulation/log/log_broker.hpp"

namespace sim {

class LogReceiver : public ports::Receiver {
 public:
  LogReceiver(LogBroker& broker, Group& group, std::string dead_letters);
  ~LogReceiver() override { group_.abandon(member_); }

  ports::ReceiverTraits traits() const override { return {.delay_queues = false, .marks_redelivery = false}; }
  void pump(ports::Tick until, ports::Received& out) override;
  void ack(std::span<const ports::Position> settled) override;
  void credit(int most_unacked) override { credit_ = most_unacked; }
  std::string destination_after(Millis) const override { return ""; }
  std::string dead_letter_destination() const override { return dead_letters_; }
  void disconnect() override;
  void wake() noexcept override { woken_ = true; }
  void abort() noexcept override { aborted_ = woken_ = true; }

 private:
  struct Assignment {
    Group::Share* share;
    std::int64_t next;  // to be handed out
    std::int64_t prefix;  // settled below
    std::int64_t flagged_below;  // as redelivered
    std::int64_t durable;  // handed_out of the last commit that is there
    std::set<std::int64_t> settled = {};  // behind a gap
    bool to_commit = false, under_way = false;
    Time give_up_at = never;  // it is asked back

    std::int64_t unsettled() const { return next - prefix - std::ssize(settled); }
    bool lost_to_retention() const { return next < share->partition->start; }
  };
  using Sessions = std::map<std::uint64_t, Assignment>;
  struct Commit {
    Time sent;
    std::uint64_t session;
    Group::Share* share;
    Committed committed;
  };

  bool join(ports::Tick until, ports::Received& out);
  bool is_member() const { return group_.has(member_); }
  bool has_work() const;
  Time wakes_at(ports::Tick until) const;
  void give_up_what_is_wanted(ports::Received& out);
  void take_over_what_is_offered();
  void hand_out(ports::Received& out);
  bool may_hand_out(const Assignment& assignment) const;
  void settle(Assignment& assignment, std::int64_t offset);
  void skip_what_nobody_wants(Assignment& assignment);
  void send_commits();
  void commits_arrive(Time sent_until);
  void leave_in_good_order();
  void end_all(std::vector<std::uint64_t>& ended);
  std::string problem() const;
  bool known_empty() const;
  int unsettled() const;

  LogBroker& broker_;
  Scheduler& scheduler_;
  Group& group_;
  std::string dead_letters_;
  Group::Member member_ = 0;
  Sessions sessions_;
  std::deque<Commit> commits_;  // under way
  Time notices_ = never;  // that it is no member any more
  std::vector<std::uint64_t> ended_;  // by disconnect(): the next pump says so
  int credit_ = 0;
  bool woken_ = false, aborted_ = false;
};

}  // namespace sim
