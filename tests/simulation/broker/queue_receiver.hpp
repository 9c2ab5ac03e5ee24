// What one consumer process receives from a queue of the simulated broker. A lost session may be noticed late: until then it is a zombie.
#pragma once
#include "simulation/broker/queue_broker.hpp"

namespace sim {

class QueueReceiver : public ports::Receiver {
 public:
  QueueReceiver(QueueBroker& broker, ReceiverSetup setup);
  ~QueueReceiver() override;

  ports::ReceiverTraits traits() const override { return {!setup_.wait_prefix.empty(), true}; }
  void pump(ports::Tick until, ports::Received& out) override;
  void ack(std::span<const ports::Position> settled) override;
  void credit(int most_unacked) override { credit_ = most_unacked; }
  std::string destination_after(Millis delay) const override;
  std::string dead_letter_destination() const override { return setup_.dead_letters; }
  void disconnect() override;
  void wake() noexcept override { woken_ = true; }
  void abort() noexcept override { aborted_ = woken_ = true; }

  std::uint64_t session() const { return session_; }

 private:
  bool alive() const { return session_ != 0 && queue_.sessions.contains(session_); }
  bool connect(ports::Tick until, ports::Received& out);
  void take(ports::Received& out);
  void acks_arrive(Time sent_until);

  QueueBroker& broker_;
  ReceiverSetup setup_;
  BrokerQueue& queue_;
  std::uint64_t session_ = 0, last_tag_ = 0;
  Time notices_ = never;  // when a lost session is noticed
  std::deque<std::pair<Time, ports::Position>> acks_;  // sent then, on the way
  std::vector<std::uint64_t> ended_;  // by disconnect(): the next pump says so
  int credit_ = 0;
  bool woken_ = false, aborted_ = false;
};

}  // namespace sim
