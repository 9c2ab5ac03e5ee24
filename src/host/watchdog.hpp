// What must end in time, and what is done where it does not. A handler past its deadline ends the process: a hang is a crash,
// and the crash guard takes it from there.
// Threads: any.
#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "ports/clock.hpp"

namespace holdfast::host {

class Watchdog {
 public:
  using Bark = std::function<void()>;
  explicit Watchdog(const ports::Clock& clock) : clock_(clock) {}
  void start();  // its thread; the harness goes without
  void look();  // barks, once, at each that is late by now; the thread calls it each second

  /// Watched while it lives. bark: on the watchdog's thread, while this lives; it must not make or end a Watch.
  class Watch {
   public:
    Watch(Watchdog& dog, ports::Millis limit, Bark bark);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    Watchdog& dog_;
    std::uint64_t number_;
  };

 private:
  struct Run {
    Bark bark;
    ports::Tick until;
  };
  const ports::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::map<std::uint64_t, Run> runs_;
  std::uint64_t last_ = 0;
  std::jthread thread_;
};

}  // namespace holdfast::host
