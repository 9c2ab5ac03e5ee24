#include "host/watchdog.hpp"

namespace holdfast::host {

Watchdog::Watchdog(const ports::Clock& clock, Bark bark) : clock_(clock), bark_(std::move(bark)) {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      look();
      std::unique_lock lock(mutex_);
      stopped_.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
    }
  });
}

void Watchdog::look() {
  std::string late;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, run] : runs_)
      if (run.until <= clock_.steady()) late = run.what;
  }
  if (!late.empty()) bark_(late);
}

Watchdog::Watch::Watch(Watchdog& dog, std::string what, ports::Millis limit) : dog_(dog) {
  const std::lock_guard lock(dog_.mutex_);
  number_ = ++dog_.last_;
  dog_.runs_[number_] = {std::move(what), dog_.clock_.steady() + limit};
}

Watchdog::Watch::~Watch() {
  const std::lock_guard lock(dog_.mutex_);
  dog_.runs_.erase(number_);
}

}  // namespace holdfast::host
