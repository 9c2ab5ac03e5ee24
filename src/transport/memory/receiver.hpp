// A receiver in memory. A session lasts until disconnect() or until the test drops it.
#pragma once
#include "ports/receiver.hpp"
#include "transport/memory/bus.hpp"

namespace holdfast::transport::memory {

class Receiver : public ports::Receiver {
 public:
  Receiver(std::shared_ptr<World> world, std::string queue, std::string dead_letters)
      : world_(std::move(world)), queue_(std::move(queue)), dead_letters_(std::move(dead_letters)) {}
  ~Receiver() override { end_session(); }

  ports::ReceiverTraits traits() const override {
    return {.delay_queues = world_->features.delay_queues, .marks_redelivery = true};
  }
  void pump(ports::Tick until, ports::Received& out) override;
  void ack(std::span<const ports::Position> settled) override;
  void credit(int most_unacked) override { credit_ = most_unacked; }
  std::string destination_after(ports::Millis delay) const override {
    return world_->features.delay_queues ? wait_queue(queue_, delay) : "";
  }
  std::string dead_letter_destination() const override { return dead_letters_; }
  void disconnect() override { end_session(); }
  void wake() noexcept override {}
  void abort() noexcept override { aborted_ = true; }

 private:
  bool connection_lost() const { return world_->connections_lost != connection_; }
  void end_session();

  const std::shared_ptr<World> world_;
  const std::string queue_, dead_letters_;
  Holder session_ = 0;  // 0: none
  int connection_ = 0, credit_ = 0;
  bool aborted_ = false;
  std::set<Tag> unacked_;
  std::vector<std::uint64_t> ended_;
};

}  // namespace holdfast::transport::memory
