// The threads of one subscription: consume, and one for each lane.
#pragma once
#include <deque>
#include <thread>

#include "host/consumption.hpp"
#include "host/errand_runner.hpp"
#include "host/watchdog.hpp"

namespace holdfast::host {

class ConsumerThreads {
 public:
  /// due: the thread of the host that looks for due events.
  ConsumerThreads(Subscriber& subscriber, const std::string& instance, ErrandRunner& due, Watchdog& watchdog);

  ~ConsumerThreads() { consumption_.stop(), join(); }
  ConsumerThreads(const ConsumerThreads&) = delete;
  ConsumerThreads& operator=(const ConsumerThreads&) = delete;

  Consumption& consumption() { return consumption_; }
  const Consumption& consumption() const { return consumption_; }
  Subscriber& subscriber() { return subscriber_; }
  const Subscriber& subscriber() const { return subscriber_; }
  void join();  // after Consumption::stop()

 private:
  Hands hands();
  void run(int lane, const std::string& what, const std::function<inbox::Report()>& work);
  void look_for_due(int limit);

  Subscriber& subscriber_;
  ErrandRunner& due_;
  Watchdog& watchdog_;
  Consumption consumption_;
  std::deque<ErrandRunner> lanes_;
  std::jthread thread_;
};

}  // namespace holdfast::host
