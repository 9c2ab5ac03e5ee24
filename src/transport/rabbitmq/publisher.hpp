// Confirms in a window, mandatory. RabbitMQ may take a later event of a key after it refused an earlier one, so the relay has one
// of each key in flight.
#pragma once
#include <memory>

#include "transport/rabbitmq/channel.hpp"
#include "transport/rabbitmq/closed.hpp"
#include "transport/rabbitmq/confirms.hpp"

namespace holdfast::transport::rabbitmq {

class Publisher : public ports::Publisher, private Sink {
 public:
  /// Connects. Unavailable; Invalid where the set-up is to blame.
  Publisher(std::shared_ptr<const Settings> settings, const ports::Clock& clock);

  ports::PublisherTraits traits() const override { return {.keeps_session_order = false, .reports_unroutable = true}; }
  bool accept(const ports::Publication& publication) override;
  ports::SessionState pump(ports::Tick until, std::vector<ports::PublishResult>& results) override;
  ports::Blame blame() const override { return blame_; }
  std::string why_closed() const override { return why_closed_; }
  void wake() noexcept override { bell_.wake(); }
  void abort() noexcept override { bell_.abort(); }

 private:
  void frame(const amqp_frame_t& frame) override;
  void work(ports::Tick until);
  bool is_over() const { return connection_ == nullptr; }
  void close(ports::Blame blame, const std::string& why);

  const std::shared_ptr<const Settings> settings_;
  Bell bell_;
  Confirms confirms_;
  std::vector<ports::PublishResult> results_;  // until the next pump()
  struct Return {
    std::string route, why;
  } return_;  // whose header comes next
  ports::Blame blame_ = ports::Blame::nobody;
  std::string why_closed_;
  std::unique_ptr<Connection> connection_;  // none: closed
};

}  // namespace holdfast::transport::rabbitmq
