// What a host does beside the hot path: retention, pruning, gauges, bindings declared again, the broker's DLQ where it is
// emptied always.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "host/gauges.hpp"

namespace holdfast::host {

struct UpkeepOptions {
  ports::Millis keep_published, dedupe_window;
  bool import_dead_letters = false;
  ports::Millis first_chores{60'000}, chores{60'000}, gauges{10'000}, imports{1'000};
  int rows = 1000;  // deleted at a time
};

class Upkeep {
 public:
  Upkeep(const Surroundings& surroundings, UpkeepOptions options, std::deque<ConsumerThreads>& consumers);

 private:
  struct Deletes {  // of one table, by a chore
    const char* what;
    const char* chore;  // as the metrics name it
    std::function<bool()> round;  // true: there is more
  };

  void work(const std::stop_token& stop);
  template <class Chore>
  bool attempt(const char* what, Chore chore);  // one that fails is said, and done again next time
  void do_chores(const std::stop_token& stop);
  std::function<bool()> begin_pruning(ConsumerThreads& threads);
  ports::Tick delete_some(const std::stop_token& stop);
  void measure(const std::stop_token& stop);
  void import(const std::stop_token& stop);
  void import(Subscriber& subscriber, const std::stop_token& stop);

  const Surroundings& here_;
  UpkeepOptions options_;
  std::deque<ConsumerThreads>& consumers_;
  std::unique_ptr<ports::OutboxStore> outbox_;
  Gauges gauges_;
  std::vector<Deletes> deletes_;  // not done yet
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;
};

}  // namespace holdfast::host
