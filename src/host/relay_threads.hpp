// The relay thread and the outbox I/O thread of one outbox: in a service's own process, or in `holdfast relay`.
#pragma once
#include <memory>
#include <thread>

#include "host/errand_runner.hpp"
#include "host/sending.hpp"

namespace holdfast::host {

class RelayThreads {
 public:
  RelayThreads(const Surroundings& surroundings, outbox::RelayOptions options);
  ~RelayThreads() { stop(), join(); }
  RelayThreads(const RelayThreads&) = delete;
  RelayThreads& operator=(const RelayThreads&) = delete;
  Sending& sending() { return sending_; }
  void stop() { sending_.stop(); }  // asks; join() waits
  void give_up() noexcept { sending_.give_up(); }
  void join();

 private:
  void run(const outbox::StoreCommand& command);

  const Surroundings& here_;
  std::unique_ptr<ports::OutboxStore> store_;
  std::vector<telemetry::Histogram> statements_;  // by the command's place in StoreCommand
  Sending sending_;
  ErrandRunner io_;
  std::jthread thread_;
};

}  // namespace holdfast::host
