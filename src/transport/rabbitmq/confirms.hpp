// Which publish the broker speaks of: acks and nacks by number, one or all up to it; returns, which come before their ack, by what
// was published. Every publish gets one result.
#pragma once
#include <deque>

#include "ports/publisher.hpp"

namespace holdfast::transport::rabbitmq {

class Confirms {
 public:
  using Results = std::vector<ports::PublishResult>;

  /// The next publish of the channel. id and route: what a return of it would say.
  void published(std::uint64_t token, const std::string& id, const std::string& route);
  void returned(std::string_view id, std::string_view route, const std::string& why);
  void acked(std::uint64_t number, bool and_all_before, Results& results);
  void nacked(std::uint64_t number, bool and_all_before, Results& results);
  /// The channel is over: what is open may or may not have arrived.
  void end(const std::string& why, Results& results);
  std::size_t open() const { return open_; }

 private:
  struct Publish {
    std::uint64_t token = 0;
    std::size_t what = 0;  // hash of id and route
    bool settled = false, came_back = false;
    std::string error = {};
  };
  void settle(std::uint64_t number, bool and_all_before, ports::Outcome outcome, const std::string& why,
              Results& results);
  void settle(Publish& publish, ports::Outcome outcome, const std::string& why, Results& results);

  std::deque<Publish> publishes_;  // from first_ on; settled ones at its front are gone
  std::uint64_t first_ = 1;  // the number of publishes_.front()
  std::size_t open_ = 0;
};

}  // namespace holdfast::transport::rabbitmq
