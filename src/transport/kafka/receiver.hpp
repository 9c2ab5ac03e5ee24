// A session is one assignment of one partition: it ends when the partition goes to another member, and its acks count no more. What
// others take over begins at the lowest event that is not settled.
// A partition that is to go waits for what is in work, for revoke_patience at most, and commits; where the group gave them away already
// nothing is committed: whoever works on it is harmless by the inbox. While nobody takes what is read, partitions are paused and polling goes
// on.
#pragma once
#include <deque>
#include <optional>

#include "ports/random.hpp"
#include "ports/receiver.hpp"
#include "transport/kafka/assigned.hpp"
#include "transport/kafka/group.hpp"

namespace holdfast::transport::kafka {

class Receiver : public ports::Receiver {
 public:
  /// reader: of the queue's dead letters, and of nothing else.
  Receiver(std::shared_ptr<const Settings> settings, const ports::Clock& clock, ports::Queue queue,
           std::string instance, Membership membership);
  ~Receiver() override;

  ports::ReceiverTraits traits() const override { return {.delay_queues = false, .marks_redelivery = false}; }
  void pump(ports::Tick until, ports::Received& out) override;
  void ack(std::span<const ports::Position> settled) override;
  void credit(int most_unacked) override { credit_ = most_unacked; }
  std::string destination_after(ports::Millis) const override { return ""; }
  std::string dead_letter_destination() const override;
  void disconnect() override;
  void wake() noexcept override { bell_.wake(); }
  void abort() noexcept override { bell_.abort(); }

 private:
  struct Held {
    ports::Delivery delivery;
    bool wanted = true;
  };
  using Parts = std::map<std::uint64_t, Assigned>;  // by session

  bool step(ports::Tick until, ports::Received& out);
  void open();
  bool work(ports::Tick until, ports::Received& out);
  ports::Tick next_turn(ports::Tick until) const;
  void look_for_topics();
  void look_for_logs_made_anew();
  void subscribe_to(const Topics& all);
  void take(rd_kafka_event_t* event);
  void read(const rd_kafka_message_t& record);
  void wrong(rd_kafka_event_t* event);
  void missing(rd_kafka_topic_partition_t* at);
  [[noreturn]] void lost_to_retention(const Place& place);
  void rebalance(rd_kafka_event_t* event);
  void begin(const std::vector<Place>& places);
  void finish_leaving();
  void give_up(const std::vector<std::uint64_t>& sessions);
  void commit();
  void committed(rd_kafka_event_t* event);
  void stall();
  bool has_room() const;
  void hand_out(ports::Received& out);
  bool is_empty() const;
  void failed(const std::string& why);
  void end_sessions() noexcept;
  Assigned* find(const Place& place);
  std::vector<Place> places() const;
  bool is_dlq() const { return membership_ == Membership::reader; }
  ports::Tick now() const { return bell_.now(); }

  const std::shared_ptr<const Settings> settings_;
  const ports::Queue queue_;
  const std::string instance_;
  const Membership membership_;
  const std::string name_;  // of the group
  Bell bell_;
  std::unique_ptr<Group> group_;  // while there is a session, or one may come
  bool joined_ = false;  // knows what is ours
  std::vector<std::string> topics_;
  std::size_t partitions_ = 0;  // of these, at the brokers
  ports::Tick look_at_{};

  std::uint64_t session_ = 0;
  Parts parts_;
  std::optional<ports::Tick> leave_by_;  // partitions are leaving
  std::vector<Place> leaving_;
  int credit_ = 0;
  std::deque<Held> held_;
  std::optional<ports::Tick> stalls_at_;
  bool paused_ = false, committing_ = false;
  ports::Tick commit_at_{};
  std::vector<std::uint64_t> ended_;

  std::string problem_;
  bool missing_ = false;  // no topic of it, at the last look
  ports::Tick retry_at_{};
  ports::Millis pause_;
  ports::Random random_;
};

}  // namespace holdfast::transport::kafka
