// What DESIGN calls the article's queues: a quorum work queue bound to the topic exchange, a dead-letter queue behind it, a wait
// queue for each delay. What is there and differs is an error and stays as it is.
//
// AMQP lists no bindings: one that an operator took away is put back unseen. That the queue or the exchange was gone, and all its
// bindings with it, is seen and reported.
// Threads: any.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "ports/topology.hpp"
#include "transport/rabbitmq/channel.hpp"
#include "transport/rabbitmq/plan.hpp"

namespace holdfast::transport::rabbitmq {

class Topology : public ports::Topology, private Sink {
 public:
  Topology(std::shared_ptr<const Settings> settings, const ports::Clock& clock);
  ports::Declared declare(const ports::Queue& queue) override;
  Depth depth(const std::string& queue) override;
  void apply(const ports::Queue& queue, ports::Declared& missed) override;
  std::vector<std::string> describe(const ports::Queue& queue) const override;
  std::vector<std::string> differences(const ports::Queue& queue) override;
  std::string permissions(const std::string& user, const std::vector<ports::Queue>& queues) const override;
  /// By a receiver whose queue is gone; what was restored is reported by the next declare().
  void bring_back(const ports::Queue& queue);

 private:
  void frame(const amqp_frame_t&) override {}
  ports::Declared missing(const ports::Queue& queue);
  void make(const ports::Queue& queue);
  void make(const Piece& piece);
  void find(const Piece& piece);
  void verify(const ports::Queue& queue);
  bool has_exchange();
  bool has_queue(const std::string& name);
  std::int64_t ready(const std::string& queue);
  void step(const std::string& what, const std::function<void(Channel&)>& work);
  Channel& channel();

  const std::shared_ptr<const Settings> settings_;
  std::mutex mutex_;
  Bell bell_;
  std::unique_ptr<Connection> connection_;
  std::optional<Channel> channel_;  // none: the last one was closed
  std::set<std::string> declared_;  // by this process
  std::map<std::string, ports::Declared> restored_;  // not yet reported
};

}  // namespace holdfast::transport::rabbitmq
