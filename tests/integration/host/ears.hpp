// Hears a host's threads and lets a test wait for what it needs to have happened. No sleeps: a wait ends with the signal that
// fulfils it. A host may outlive its listener.
#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "host/impl.hpp"

namespace holdfast::host_test {

class Ears {
 public:
  struct Heard {
    std::map<std::string, inbox::Counts> counts;  // by consumer
    std::map<std::string, int> unavailable, runs, connected, disconnected;  // by consumer; "": the relay
    std::map<std::string, std::string> problem;  // why disconnected, the last
    std::size_t marked = 0;
    int settled(const std::string& consumer) const;  // events: handled, duplicates, dead, and so on
  };

  void listen(Host& host);  // before start()
  /// false: it did not come about within a minute.
  [[nodiscard]] bool until(const std::function<bool(const Heard&)>& enough);
  [[nodiscard]] bool handled(const std::string& consumer, int events);
  [[nodiscard]] bool dead(const std::string& consumer, int events);
  [[nodiscard]] bool marked(std::size_t rows);
  inbox::Counts counts(const std::string& consumer);

 private:
  struct State {
    void hear(const host::Signal& signal);
    std::mutex mutex;
    std::condition_variable changed;
    Heard heard;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace holdfast::host_test
