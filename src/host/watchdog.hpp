// A run past its deadline ends the process: a hang is a crash, and the crash guard takes it from there (9.7).
#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "ports/clock.hpp"

namespace holdfast::host {

class Watchdog {
 public:
  using Bark = std::function<void(const std::string& what)>;
  /// bark is called on the watchdog's thread for a run that is late.
  Watchdog(const ports::Clock& clock, Bark bark);

  /// Watched while it lives.
  class Watch {
   public:
    Watch(Watchdog& dog, std::string what, ports::Millis limit);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    Watchdog& dog_;
    std::uint64_t number_;
  };

  /// Barks at what is late by now; the thread calls it each second.
  void look();

 private:
  struct Run {
    std::string what;
    ports::Tick until;
  };
  const ports::Clock& clock_;
  Bark bark_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::map<std::uint64_t, Run> runs_;
  std::uint64_t last_ = 0;
  std::jthread thread_;
};

}  // namespace holdfast::host
