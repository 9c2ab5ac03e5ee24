// The threads of one subscription: consume, and one for each lane.
#pragma once
#include <deque>
#include <thread>

#include "host/consumption.hpp"
#include "host/errand_runner.hpp"

namespace holdfast::host {

class ConsumerThreads {
 public:
  /// due: the thread of the host that looks for due events. It must have ended before this is destroyed: its last answer may
  /// still be on its way.
  ConsumerThreads(Subscriber& subscriber, const std::string& instance, ErrandRunner& due);

  ~ConsumerThreads() { consumption_.stop(), join(); }
  ConsumerThreads(const ConsumerThreads&) = delete;
  ConsumerThreads& operator=(const ConsumerThreads&) = delete;

  Consumption& consumption() { return consumption_; }
  const Consumption& consumption() const { return consumption_; }
  Subscriber& subscriber() { return subscriber_; }
  const Subscriber& subscriber() const { return subscriber_; }
  void join();  // after Consumption::stop()
  bool ended() const { return ended_; }

 private:
  Hands hands();
  void run(int lane, const std::function<inbox::Report()>& work);
  void look_for_due(const ports::DueQuery& query);

  Subscriber& subscriber_;
  ErrandRunner& due_;
  std::atomic<bool> ended_ = false;
  Consumption consumption_;
  std::deque<ErrandRunner> lanes_;
  std::jthread thread_;
};

}  // namespace holdfast::host
