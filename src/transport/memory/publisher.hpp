// A publisher's session in memory: what was accepted goes into the queues at the next pump().
#pragma once
#include "transport/memory/bus.hpp"

namespace holdfast::transport::memory {

class Publisher : public ports::Publisher {
 public:
  explicit Publisher(std::shared_ptr<World> world) : world_(std::move(world)), connection_(world_->connections_lost) {}

  ports::PublisherTraits traits() const override {
    return {.keeps_session_order = world_->features.keeps_session_order, .reports_unroutable = true};
  }
  bool accept(const ports::Publication& publication) override;
  ports::SessionState pump(ports::Tick until, std::vector<ports::PublishResult>& results) override;
  ports::Blame blame() const override { return ports::Blame::nobody; }
  std::string why_closed() const override { return "the connection was lost"; }
  void wake() noexcept override {}
  void abort() noexcept override { closed_ = true; }

 private:
  struct Accepted {
    std::uint64_t token;
    ports::OutgoingEvent event;
  };
  ports::PublishResult send(const Accepted& accepted, std::set<std::string>& held_back);
  ports::PublishResult come_to(ports::Outcome outcome, const Accepted& accepted);

  const std::shared_ptr<World> world_;
  const int connection_;
  bool closed_ = false;
  std::vector<Accepted> accepted_;
};

}  // namespace holdfast::transport::memory
