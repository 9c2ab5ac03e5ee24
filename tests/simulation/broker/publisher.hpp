// One session that publishes to the simulated broker.
#pragma once
#include "simulation/broker/broker.hpp"

namespace sim {

class SimPublisher : public ports::Publisher {
 public:
  explicit SimPublisher(Broker& broker);  // Unavailable
  ~SimPublisher() override;

  ports::PublisherTraits traits() const override { return broker_.traits(); }
  bool accept(const ports::Publication& publication) override;
  ports::SessionState pump(ports::Tick until, std::vector<ports::PublishResult>& results) override;
  ports::Blame blame() const override { return link_->blame; }
  std::string why_closed() const override { return link_->why; }
  void wake() noexcept override { woken_ = true; }
  void abort() noexcept override { broker_.close(*link_, ports::Blame::nobody, "aborted"); }

  const PublisherLink& link() const { return *link_; }
  std::function<bool(const ports::OutgoingEvent&)> refuses = [](const auto&) {
    return false;
  };  // the client cannot encode it
  std::function<void(const ports::Publication&)> on_accept = [](const auto&) {};
  std::function<void(const ports::PublishResult&)> on_result = [](const auto&) {};

 private:
  Broker& broker_;
  std::shared_ptr<PublisherLink> link_;
  bool woken_ = false;
};

}  // namespace sim
