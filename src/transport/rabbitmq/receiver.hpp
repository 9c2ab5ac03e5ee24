// A session is a channel: what is not acked when it ends is handed out again, and its acks count no more.
// Prefetch follows the credit upwards, by one more consumer on the channel; what comes beyond a credit that fell is kept here. A queue
// by key has one active consumer, so its prefetch is fixed with the session: to cancel a consumer would hand the queue to another
// receiver while events of it are still in work here.
#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <set>

#include "ports/random.hpp"
#include "ports/receiver.hpp"
#include "transport/rabbitmq/channel.hpp"
#include "transport/rabbitmq/incoming.hpp"
#include "transport/rabbitmq/topology.hpp"

namespace holdfast::transport::rabbitmq {

class Receiver : public ports::Receiver, private Sink {
 public:
  /// topology: who brings the queue back when it is gone; nullptr: nobody. dead_letters: "" = none behind this one.
  Receiver(std::shared_ptr<const Settings> settings, const ports::Clock& clock, ports::Queue queue,
           std::string instance, std::string dead_letters, std::shared_ptr<Topology> topology);
  ~Receiver() override;

  ports::ReceiverTraits traits() const override { return {.delay_queues = true, .marks_redelivery = true}; }
  void pump(ports::Tick until, ports::Received& out) override;
  void ack(std::span<const ports::Position> settled) override;
  void credit(int most_unacked) override { credit_ = most_unacked; }
  std::string destination_after(ports::Millis delay) const override;
  std::string dead_letter_destination() const override { return dead_letters_; }
  void disconnect() override;
  void wake() noexcept override { bell_.wake(); }
  void abort() noexcept override { bell_.abort(); }

 private:
  bool step(ports::Tick until, ports::Received& out);
  void open();
  void connect();
  bool work(ports::Tick until, ports::Received& out);
  void widen();
  void write_acks();
  void ask();
  bool may_hand_out() const { return !held_.empty() && static_cast<int>(handed_out_.size()) < credit_; }
  void hand_out(ports::Received& out);
  void failed(const std::string& why);
  void end_session() noexcept;

  void frame(const amqp_frame_t& frame) override;
  void method(const amqp_frame_t& frame);
  void told(QueueState state);
  bool is_dlq() const { return dead_letters_.empty(); }
  ports::Tick now() const { return bell_.clock().steady(); }

  const std::shared_ptr<const Settings> settings_;
  const ports::Queue queue_;
  const std::string instance_, dead_letters_;
  const std::shared_ptr<Topology> topology_;
  Bell bell_;
  std::unique_ptr<Connection> connection_;
  std::optional<Channel> channel_;  // while a session is open

  std::uint64_t session_ = 0;
  int credit_ = 0, prefetch_ = 0, consumers_ = 0;  // of this session
  Incoming incoming_;
  std::deque<ports::Delivery> held_;
  std::set<std::uint64_t> handed_out_;  // and not acked
  std::vector<std::uint64_t> acked_;  // not yet written
  std::vector<std::uint64_t> ended_;
  bool active_ = false, empty_ = false, asked_ = false;
  ports::Tick ask_at_{};

  bool gone_ = false;  // the queue, or out of reach
  bool missing_ = false;  // it is not there
  std::string problem_;
  ports::Tick retry_at_{};
  ports::Millis pause_;
  ports::Random random_;
};

}  // namespace holdfast::transport::rabbitmq
